// A guard for transactions that name a tenant which is being moved: a statement for a shard that none of its tenants is on
// was made from what is not so any more, and must not run.
import type { ReservedSql } from 'postgres';

/** Nothing was written. Whoever made the statement reads again where the tenant is. */
export class StaleShard extends Error {
  override readonly name = 'StaleShard';
}

/** How statements name their shard: `shard = $1`, or first among the values of a row. */
const NAMES_SHARD = /\bshard = $|\(shard,[^)]*\)\s*values \($/;

export function onlyOnShards(sql: ReservedSql, shards: ReadonlySet<number>): ReservedSql {
  return new Proxy(sql, {
    apply(target, self, args: [TemplateStringsArray, ...unknown[]]) {
      const [texts, ...values] = args;
      if (Array.isArray(texts) && 'raw' in texts) {
        for (const [i, value] of values.entries()) {
          if (typeof value === 'number' && !shards.has(value) && NAMES_SHARD.test(texts[i] ?? ''))
            throw new StaleShard(`a statement for shard ${value}, which none of its tenants is on any more`);
        }
      }
      return Reflect.apply(target, self, args);
    },
  });
}
