// Signed checkpoints: at that time the chain of a tenant had so many seals and entries, and this head. Whoever keeps one
// knows when the chain is cut or written anew. One that acknowledges a gap says that somebody knows why.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';

export interface ChainHead {
  tenantId: string;
  /** Seals of the chain: the number of its last one. */
  seals: bigint;
  entries: bigint;
  /** Hash of the last seal, hexadecimal. */
  head: string;
}

/**
 * What the log had by the checkpoints before, and may not have now: a backup was restored, and somebody answers for it. The
 * chain is to fit those checkpoints no more, and this one instead.
 */
export interface Acknowledgement {
  /** Numbers of the entries in the log of the tenant, from 1. */
  firstEntry: bigint;
  lastEntry: bigint;
  /** When they were last known to be there, ISO 8601. */
  until: string;
  /** Who answers for it, and why it came to be: one line each. */
  by: string;
  reason: string;
}

export interface Checkpoint extends ChainHead {
  /** ISO 8601. */
  at: string;
  acknowledges?: Acknowledgement;
  /** Ed25519, 64 hexadecimal characters. */
  publicKey: string;
  /** 128 hexadecimal characters. */
  signature: string;
}

export interface Signer {
  readonly publicKey: string;
  sign(head: ChainHead, at: Date, acknowledges?: Acknowledgement): Checkpoint;
}

// RFC 8410: what stands before the 32 bytes of a key of Ed25519 in its usual wrappings.
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** @param seed 64 hexadecimal characters */
export function createSigner(seed: string): Signer {
  const der = Buffer.concat([PRIVATE_PREFIX, Buffer.from(seed, 'hex')]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key)
    .export({ format: 'der', type: 'spki' })
    .subarray(PUBLIC_PREFIX.length)
    .toString('hex');
  return {
    publicKey,
    sign(head, at, acknowledges) {
      const checkpoint = {
        ...head,
        at: at.toISOString(),
        ...(acknowledges && { acknowledges }),
        publicKey,
      };
      return { ...checkpoint, signature: signBytes(null, signedText(checkpoint), key).toString('hex') };
    },
  };
}

/** Whether one of the `trusted` keys signed it. */
export function isSigned(checkpoint: Checkpoint, trusted: readonly string[]): boolean {
  if (!trusted.includes(checkpoint.publicKey) || !/^[0-9a-f]{128}$/.test(checkpoint.signature)) return false;
  const key = publicKeyOf(checkpoint.publicKey);
  return (
    key !== null && verifyBytes(null, signedText(checkpoint), key, Buffer.from(checkpoint.signature, 'hex'))
  );
}

/**
 * Those that the chain has to fit: from the last acknowledgement on, which whoever writes to the database only cannot make.
 * @param checkpoints as they were written, oldest first
 */
export function sinceAcknowledged(
  checkpoints: readonly Checkpoint[],
  trusted: readonly string[],
): readonly Checkpoint[] {
  const last = checkpoints.findLastIndex((one) => one.acknowledges !== undefined && isSigned(one, trusted));
  return checkpoints.slice(Math.max(0, last));
}

/** By what people call a key: the beginning of its hash. */
export const keyIdOf = (publicKey: string): string =>
  createHash('sha256').update(publicKey, 'hex').digest('hex').slice(0, 16);

/** One line of JSON. */
export function writeCheckpoint(checkpoint: Checkpoint): string {
  const { tenantId, seals, entries, head, at, acknowledges, publicKey, signature } = checkpoint;
  const of = { tenant_id: tenantId, seals: Number(seals), entries: Number(entries), head, at };
  return JSON.stringify({
    version: 1,
    ...of,
    ...(acknowledges && { acknowledges: presentAcknowledgement(acknowledges) }),
    public_key: publicKey,
    signature,
  });
}

/** As it is written, and goes into the log. */
export const presentAcknowledgement = ({ firstEntry, lastEntry, until, by, reason }: Acknowledgement) => ({
  first_entry: Number(firstEntry),
  last_entry: Number(lastEntry),
  until,
  by,
  reason,
});

/** @returns null for what is no checkpoint */
export function readCheckpoint(line: string): Checkpoint | null {
  try {
    const { version, tenant_id, seals, entries, head, at, acknowledges, public_key, signature } =
      JSON.parse(line);
    const { until = '', by = '', reason = '' } = acknowledges ?? {};
    const texts = [tenant_id, head, at, public_key, signature, until, by, reason];
    if (version !== 1 || texts.some((text) => typeof text !== 'string')) return null;
    const checkpoint = { tenantId: tenant_id, seals: BigInt(seals), entries: BigInt(entries), head, at };
    const signed = { publicKey: public_key, signature };
    if (acknowledges === undefined) return { ...checkpoint, ...signed };
    const [firstEntry, lastEntry] = [BigInt(acknowledges.first_entry), BigInt(acknowledges.last_entry)];
    return { ...checkpoint, acknowledges: { firstEntry, lastEntry, until, by, reason }, ...signed };
  } catch {
    return null;
  }
}

function signedText(checkpoint: Omit<Checkpoint, 'signature'>): Buffer {
  const { tenantId, seals, entries, head, at, acknowledges: gap } = checkpoint;
  const kind = gap ? 'pawl acknowledgement 1' : 'pawl checkpoint 1';
  const acknowledged = gap ? [gap.firstEntry, gap.lastEntry, gap.until, gap.by, gap.reason] : [];
  return Buffer.from(`${[kind, tenantId, seals, entries, head, at, ...acknowledged].join('\n')}\n`);
}

function publicKeyOf(hex: string): KeyObject | null {
  if (!/^[0-9a-f]{64}$/.test(hex)) return null;
  const der = Buffer.concat([PUBLIC_PREFIX, Buffer.from(hex, 'hex')]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}
