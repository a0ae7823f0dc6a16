// For transactions whose statements find what they want in the order of an index, and could find it by another one and sort it.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

/**
 * Said before them. A table that was nearly empty when its statistics were made seems to cost the same by every index: a
 * plan that reads all of a tenant by the primary key and sorts it is taken then, and kept while thousands of rows come. With sorts
 * in disfavour the one that needs none is taken; what has to be sorted is.
 */
export const inOrder = <T extends Row[]>(sql: ReservedSql): PendingQuery<T> => sql`
  select set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true)`;
