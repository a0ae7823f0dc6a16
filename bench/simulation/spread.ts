// How tenants lie on shards, shards in buckets and buckets on servers, and which share of the load each has then.
import type { Seeded } from './seeded.ts';

/** As db/schema/columns.ts and db/distribute.ts have them. */
export const SHARDS = 64;
export const BUCKETS = 64;

export interface Spread {
  /** Shares of the whole load; each list adds up to 1. */
  tenants: readonly number[];
  shards: readonly number[];
  servers: readonly number[];
}

export interface SpreadOptions {
  tenants: number;
  /**
   * The exponent of a Pareto distribution of tenant sizes; null: all are equal. At 1.16 a fifth of the tenants has four
   * fifths of the load; lower is more skewed.
   */
  tail: number | null;
  shards: number;
  servers: number;
  /**
   * - `hashed`: as `pawl db distribute` leaves it
   * - `balanced`: after the operator moved buckets by their load
   * - `even`: every shard and every server has the same; what no placement can better
   */
  placement: 'hashed' | 'balanced' | 'even';
}

export function spread(random: Seeded, options: SpreadOptions): Spread {
  const tenants = tenantShares(random, options.tenants, options.tail);
  if (options.placement === 'even') return over({ tenants, shards: equal(options.shards) }, options);
  const shards = new Array<number>(options.shards).fill(0);
  // A new tenant gets one of them at random (db/operator.ts).
  for (const size of tenants) add(shards, Math.floor(random.next() * options.shards), size);
  return over({ tenants, shards }, options);
}

/** The same tenants on the same shards, over this many servers. */
export function over(
  { tenants, shards }: Pick<Spread, 'tenants' | 'shards'>,
  { servers: count, placement }: Pick<SpreadOptions, 'servers' | 'placement'>,
): Spread {
  if (placement === 'even') return { tenants, shards, servers: equal(count) };
  const buckets = new Array<number>(Math.max(BUCKETS, shards.length)).fill(0);
  shards.forEach((share, shard) => {
    add(buckets, bucketOf(shard, buckets.length), share);
  });
  const place = placement === 'balanced' ? packed(buckets, count) : inTurn(count);
  const servers = new Array<number>(count).fill(0);
  buckets.forEach((share, bucket) => {
    add(servers, place(bucket), share);
  });
  return { tenants, shards, servers };
}

/** Heavy-tailed: the inverse of Pareto's distribution function at random places. */
function tenantShares(random: Seeded, count: number, tail: number | null): number[] {
  const sizes = Array.from({ length: count }, () => {
    const place = 1 - random.next();
    return tail === null ? 1 : place ** (-1 / tail);
  });
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => size / whole);
}

/** Citus puts the buckets of a new table on its servers one after the other. */
const inTurn = (servers: number) => (bucket: number) => bucket % servers;

/** The largest first, each to the server that has least. */
function packed(buckets: readonly number[], servers: number): (bucket: number) => number {
  const loads = new Array<number>(servers).fill(0);
  const places = new Map<number, number>();
  const order = buckets.map((share, bucket) => ({ share, bucket })).sort((a, b) => b.share - a.share);
  for (const { share, bucket } of order) {
    const least = loads.indexOf(Math.min(...loads));
    places.set(bucket, least);
    add(loads, least, share);
  }
  return (bucket) => places.get(bucket) ?? 0;
}

/**
 * The bucket of Citus that holds a shard: buckets divide the hashes of the column's type among them, in order.
 * @param buckets a power of two
 */
export const bucketOf = (shard: number, buckets: number = BUCKETS): number =>
  Math.floor((hashOfSmallint(shard) + 2 ** 31) / (2 ** 32 / buckets));

/** As `hashint2` of Postgres: the last mixing of Bob Jenkins' lookup3 (2006), on one word. */
export function hashOfSmallint(value: number): number {
  const begin = (0x9e3779b9 + 4 + 3923095) | 0;
  let [a, b, c] = [(begin + value) | 0, begin, begin];
  c = ((c ^ b) - rotated(b, 14)) | 0;
  a = ((a ^ c) - rotated(c, 11)) | 0;
  b = ((b ^ a) - rotated(a, 25)) | 0;
  c = ((c ^ b) - rotated(b, 16)) | 0;
  a = ((a ^ c) - rotated(c, 4)) | 0;
  b = ((b ^ a) - rotated(a, 14)) | 0;
  return ((c ^ b) - rotated(b, 24)) | 0;
}

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

const equal = (count: number): number[] => new Array<number>(count).fill(1 / count);

function add(list: number[], at: number, value: number): void {
  list[at] = (list[at] ?? 0) + value;
}
