// Text into documents: YAML (any number of them, parted by ---) or JSON, each value with the line it stands in. Pure.
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Problem } from '../engine/errors.ts';
import type { Json } from '../engine/json.ts';
import { isStorableText } from '../engine/storable.ts';

export interface SourceFile {
  /** As it is to be named to its reader. */
  path: string;
  text: string;
}

export interface Place {
  file: string;
  line: number;
  column: number;
}

/** A problem of the input, where a reader finds it. `pointer` (RFC 6901) begins at the document. */
export type FileProblem = Problem & Place;

export interface SourceDocument {
  value: Json;
  /** Where a pointer leads, or the nearest thing around it that is there. */
  placeOf(pointer: string): Place;
}

export interface ReadDocuments {
  documents: SourceDocument[];
  problems: FileProblem[];
}

/** A file that names one thing a hundred times by an alias is written by hand; one that does so more often is a bomb. */
const ALIASES_MAX = 100;

/** Every document of a file. One that cannot be read is a problem; the others are still there. */
export function readDocuments({ path, text }: SourceFile): ReadDocuments {
  const lines = new LineCounter();
  const documents: SourceDocument[] = [];
  const problems: FileProblem[] = [];
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: path, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const report = (place: Place, code: string, message: string, pointer = '') =>
    void problems.push({ ...place, pointer, code, message, severity: 'error' });

  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  for (const document of 'empty' in parsed ? [] : parsed) {
    const wrong = [...document.errors, ...document.warnings];
    for (const { pos, message } of wrong) report(placeAt(pos[0]), 'not_yaml', `${firstLine(message)}.`);
    if (wrong.length > 0 || document.contents === null) continue;
    const root: unknown = document.contents;
    const placeOf = (pointer: string): Place => placeAt(offsetOf(root, stepsOf(pointer)));
    const oddKey = keyThatIsNoName(document);
    if (oddKey !== null) {
      report(placeAt(oddKey), 'not_json', 'JSON has no such key: write a text.');
      continue;
    }
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: ALIASES_MAX });
    } catch (error) {
      report(placeOf(''), 'not_yaml', `${firstLine((error as Error).message)}.`);
      continue;
    }
    const strange = strangerIn(value, '');
    if (strange !== null) {
      const { pointer, code, message } = strange;
      report(placeOf(pointer), code, message, pointer);
      continue;
    }
    // An empty document, as after a last ---, says nothing.
    if (value === null) continue;
    if (!Array.isArray(value)) documents.push({ value: value as Json, placeOf });
    else {
      value.forEach((item: Json, at) => {
        documents.push({ value: item, placeOf: (pointer) => placeOf(`/${at}${pointer}`) });
      });
    }
  }
  return { documents, problems };
}

/** The offset of a key that is a list, an object or an alias; null when there is none. */
function keyThatIsNoName(document: Parameters<typeof visit>[0]): number | null {
  let found: number | null = null;
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key)) return undefined;
      found = startOf(key);
      return visit.BREAK;
    },
  });
  return found;
}

const firstLine = (message: string): string => (message.split('\n', 1)[0] ?? '').replace(/[.:]$/, '');

const stepsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** The offset of the node that the steps lead to; where a step leads nowhere, of the last that was there. */
function offsetOf(root: unknown, steps: readonly string[]): number {
  let at = startOf(root);
  let node = root;
  for (const step of steps) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (!isPair(pair)) return at;
      at = startOf(pair.key);
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (!isNode(node)) return at;
      at = startOf(node);
    } else return at;
  }
  return at;
}

const startOf = (node: unknown): number => (isNode(node) && node.range ? node.range[0] : 0);

type Stranger = Pick<Problem, 'pointer' | 'code' | 'message'>;

const notJson = (pointer: string): Stranger => ({
  pointer,
  code: 'not_json',
  message: 'JSON has no such value: write a text, a number, true, false or null.',
});
const notStorable = (pointer: string): Stranger => ({
  pointer,
  code: 'text_not_storable',
  message: 'Text must not hold the character U+0000 or half of a surrogate pair: neither can be stored.',
});

/** The first value that JSON does not have, or that cannot be stored; null when there is none. */
function strangerIn(value: unknown, pointer: string): Stranger | null {
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'string') return isStorableText(value) ? null : notStorable(pointer);
  if (typeof value === 'number') return Number.isFinite(value) ? null : notJson(pointer);
  if (typeof value !== 'object') return notJson(pointer);
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return notJson(pointer);
  for (const [key, member] of Object.entries(value)) {
    if (!isStorableText(key)) return notStorable(pointer);
    const found = strangerIn(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    if (found !== null) return found;
  }
  return null;
}
