// Signed checkpoints: at that time the chain of a tenant had so many seals and entries, and this head. Whoever keeps one
// knows when the chain is cut or written anew.
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

export interface Checkpoint extends ChainHead {
  /** ISO 8601. */
  at: string;
  /** Ed25519, 64 hexadecimal characters. */
  publicKey: string;
  /** 128 hexadecimal characters. */
  signature: string;
}

export interface Signer {
  readonly publicKey: string;
  sign(head: ChainHead, at: Date): Checkpoint;
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
    sign(head, at) {
      const checkpoint = { ...head, at: at.toISOString(), publicKey };
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

/** By what people call a key: the beginning of its hash. */
export const keyIdOf = (publicKey: string): string =>
  createHash('sha256').update(publicKey, 'hex').digest('hex').slice(0, 16);

/** One line of JSON. */
export function writeCheckpoint(checkpoint: Checkpoint): string {
  const { tenantId, seals, entries, head, at, publicKey, signature } = checkpoint;
  const of = { tenant_id: tenantId, seals: Number(seals), entries: Number(entries), head, at };
  return JSON.stringify({ version: 1, ...of, public_key: publicKey, signature });
}

/** @returns null for what is no checkpoint */
export function readCheckpoint(line: string): Checkpoint | null {
  try {
    const { version, tenant_id, seals, entries, head, at, public_key, signature } = JSON.parse(line);
    const texts = [tenant_id, head, at, public_key, signature];
    if (version !== 1 || texts.some((text) => typeof text !== 'string')) return null;
    const counts = { seals: BigInt(seals), entries: BigInt(entries) };
    return { tenantId: tenant_id, ...counts, head, at, publicKey: public_key, signature };
  } catch {
    return null;
  }
}

function signedText({ tenantId, seals, entries, head, at }: Omit<Checkpoint, 'signature'>): Buffer {
  return Buffer.from(`${['pawl checkpoint 1', tenantId, seals, entries, head, at].join('\n')}\n`);
}

function publicKeyOf(hex: string): KeyObject | null {
  if (!/^[0-9a-f]{64}$/.test(hex)) return null;
  const der = Buffer.concat([PUBLIC_PREFIX, Buffer.from(hex, 'hex')]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}
