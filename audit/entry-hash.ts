// What is hashed of an entry of the log and of a seal (docs/audit.md, version 1). Postgres makes the same when it seals
// (db/statements/seals.ts); here it is made by whoever verifies, of what he read, without asking the database to hash.
import { createHash } from 'node:crypto';

/** An entry as text, as Postgres writes it. */
export interface EntryText {
  tenantId: string;
  subjectId: string;
  id: string;
  /** Microseconds since 1970. */
  atUs: string;
  kind: string;
  seq: string | null;
  actor: string;
  /** The JSON of `data`. */
  data: string;
}

export interface SealHead {
  tenantId: string;
  seq: bigint;
  entriesBefore: bigint;
  entryCount: number;
  afterPosition: bigint;
  toPosition: bigint;
  /** Microseconds since 1970. */
  sealedAtUs: string;
  previousHash: Uint8Array;
  entries: Uint8Array;
}

export function entryHash(entry: EntryText): Buffer {
  const { tenantId, subjectId, id, atUs, seq, kind, actor, data } = entry;
  const counted = (text: string) => `${Buffer.byteLength(text)} ${text}`;
  const lines = [
    'pawl entry 1',
    tenantId,
    subjectId,
    id,
    atUs,
    seq ?? '',
    counted(kind),
    counted(actor),
    data,
  ];
  return createHash('sha256').update(lines.join('\n')).digest();
}

/** Whether `hash` is that of the entry, also where `data` came in another spelling of the same JSON. */
export function isHashOf(hash: Uint8Array, entry: EntryText): boolean {
  if (entryHash(entry).equals(hash)) return true;
  const data = spelledOut(entry.data);
  return data !== null && data !== entry.data && entryHash({ ...entry, data }).equals(hash);
}

export function sealHash(seal: SealHead): Buffer {
  const { tenantId, seq, entriesBefore, entryCount, afterPosition, toPosition, sealedAtUs } = seal;
  const lines = [
    'pawl seal 1',
    tenantId,
    seq,
    entriesBefore,
    entryCount,
    afterPosition,
    toPosition,
    sealedAtUs,
  ];
  const hash = createHash('sha256').update(`${lines.join('\n')}\n`);
  return hash.update(seal.previousHash).update(seal.entries).digest();
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+)/gsy;

/**
 * The one spelling of a JSON text that is hashed: `, ` and `: ` between, keys ordered by their length in bytes and then by
 * their bytes, strings escaped only where JSON demands it, numbers as they are written. @returns null for what is no JSON
 */
export function spelledOut(text: string): string | null {
  const tokens = [...text.matchAll(TOKEN)].map(([, token = '']) => token);
  let next = 0;
  const take = () => {
    const token = tokens[next++];
    if (token === undefined) throw new SyntaxError('the JSON ends early');
    return token;
  };
  const string = (token: string) => escaped(JSON.parse(token) as string);

  function value(): string {
    const token = take();
    if (token === '{') return object();
    if (token === '[') return array();
    return token.startsWith('"') ? string(token) : token;
  }

  function array(): string {
    const items: string[] = [];
    if (tokens[next] === ']') next++;
    else
      do items.push(value());
      while (take() === ',');
    return `[${items.join(', ')}]`;
  }

  function object(): string {
    const members: { key: Buffer; text: string }[] = [];
    if (tokens[next] === '}') next++;
    else
      do {
        const token = take();
        take();
        const key = Buffer.from(JSON.parse(token) as string);
        members.push({ key, text: `${string(token)}: ${value()}` });
      } while (take() === ',');
    members.sort((a, b) => a.key.length - b.key.length || a.key.compare(b.key));
    return `{${members.map((member) => member.text).join(', ')}}`;
  }

  try {
    return value();
  } catch {
    return null;
  }
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those must be escaped
  const inside = text.replace(/["\\\u0000-\u001f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    return SHORT[character] ?? `\\u${code}`;
  });
  return `"${inside}"`;
}
