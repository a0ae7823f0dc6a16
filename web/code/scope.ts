// What a field for CEL or templates must know: which variables there are, which functions, and where a template names one.
export interface Variable {
  path: string;
  /** A word or two about it. */
  detail: string;
}

export interface Scope {
  variables: readonly Variable[];
  /** Whether a dotted path can be there. What an event brings is not known, so any of its keys can. */
  isKnown(path: string): boolean;
}

export interface CelFunction {
  name: string;
  /** Of a value before a dot. */
  method: boolean;
}

const named = (names: string, method: boolean): CelFunction[] =>
  names.split(' ').map((name) => ({ name, method }));

/** The functions of CEL that the engine has, and its macros. */
export const CEL_FUNCTIONS: readonly CelFunction[] = [
  ...named('has size dyn type int double string bool timestamp duration', false),
  ...named('size contains startsWith endsWith matches lowerAscii upperAscii trim indexOf lastIndexOf', true),
  ...named('substring split join getFullYear getMonth getDate getDayOfMonth getDayOfWeek', true),
  ...named('getDayOfYear getHours getMinutes getSeconds getMilliseconds', true),
  ...named('all exists exists_one map filter', true),
];

const ROOTS = /^(?:job|context|event|transition|tenant|workflow|actions)(?:\.|$)/;
const TAG = /<<\s*[#^/&{]?\s*([^<>{}]*?)\s*\}?>>|\{\{\{?\s*[#^/&]?\s*([^{}]*?)\s*\}?\}\}/g;

export interface Tag {
  from: number;
  to: number;
  path: string;
}

/** The tags of a template that name a variable. In sections only those of a known root: others belong to the items. */
export function tagsOf(text: string): Tag[] {
  const sections = /<<\s*[#^]|\{\{\s*[#^]/.test(text);
  return [...text.matchAll(TAG)]
    .map((match) => ({
      from: match.index,
      to: match.index + match[0].length,
      path: match[1] ?? match[2] ?? '',
    }))
    .filter(({ path }) => path !== '' && !path.startsWith('!') && (!sections || ROOTS.test(path)));
}
