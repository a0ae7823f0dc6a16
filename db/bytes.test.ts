import { expect, it } from 'vitest';
import { connected } from '../test/connected.testkit.ts';

const db = connected();

it.each([0, 1, 300, 200_000])(
  '%i bytes come back as they were sent, alone and in an array, and keep no other memory',
  async (length) => {
    const sent = Buffer.alloc(length, 'pawl \u0000\u00ff');
    const [row] = await db().sql<{ alone: Buffer; listed: Buffer[] }[]>`
    select ${sent}::bytea as alone, array[${sent}::bytea, ${sent}::bytea] as listed`;
    for (const got of [row?.alone, ...(row?.listed ?? [])] as Buffer[]) {
      expect(got.equals(sent)).toBe(true);
      expect(got.buffer.byteLength).toBe(length);
    }
  },
);
