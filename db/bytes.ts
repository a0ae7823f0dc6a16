// Postgres bytes as text, as `bytea_output = hex` has them.

/**
 * In memory of their own. Node cuts short buffers out of 64 kB that stay as long as any of them does: of secrets that are remembered,
 * each kept as much.
 */
export function readBytes(text: string): Buffer {
  const digits = text.slice('\\x'.length);
  const bytes = Buffer.allocUnsafeSlow(digits.length / 2);
  bytes.write(digits, 'hex');
  return bytes;
}

export const bytesText = (bytes: Uint8Array): string =>
  `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
