/** Shards are numbered from 0; a tenant's rows lie in one of them. The tables check the same range. */
export const SHARD_COUNT = 64;
