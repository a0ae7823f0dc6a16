// /api/v1/sources/{id}/gap-filler: the vendor of a source is asked now and then to send again what did not arrive.
import { createRoute, z } from '@hono/zod-openapi';
import type { ReservedSql } from '../../db/client.ts';
import { lockConnection } from '../../db/statements/connections.ts';
import {
  dropSourceGaps,
  findSourceGaps,
  lookForGapsNow,
  type SourceGapsRow,
  setSourceGaps,
} from '../../db/statements/source-gaps.ts';
import { lockSource } from '../../db/statements/sources.ts';
import type { Tenant } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';
import { getSourceKind } from '../../inbound/catalogue.ts';
import { auditOf } from '../audit-entry.ts';
import { mayDo } from '../auth/decide-access.ts';
import type { ApiDeps } from '../deps.ts';
import { gapFillerSchema, presentGapFiller } from '../resources/gap-fillers.ts';
import { answer, body, createRouter, forbidden, guarded, idOf, notFound } from '../routing.ts';

const tags = ['Sources'];
const params = z.object({ id: idOf('source') });
const path = '/sources/{id}/gap-filler';

const get = createRoute({
  method: 'get',
  path,
  tags,
  summary: 'Show how a source’s gaps are filled',
  ...guarded('source.read'),
  request: { params },
  responses: { 200: answer(gapFillerSchema, 'Through which connection, and how it goes.') },
});

const set = createRoute({
  method: 'put',
  path,
  tags,
  summary: 'Have the gaps of a source filled',
  description:
    'For vendors that send everything once (`gaps` in `GET /source-kinds`). Every ten minutes the vendor is asked, through this connection, what it could not deliver, and to send that again: up to four times each, after 2, 10, 60 and 360 minutes. Takes `connection.test` on the connection as well.',
  ...guarded('source.update'),
  request: { params, body: body(z.strictObject({ connection_id: z.uuid() }).openapi('NewGapFiller')) },
  responses: { 200: answer(gapFillerSchema, 'It looks at once.') },
});

const look = createRoute({
  method: 'post',
  path: `${path}/look`,
  tags,
  summary: 'Look for gaps of a source now',
  ...guarded('source.update'),
  request: { params },
  responses: { 202: answer(gapFillerSchema, 'It looks within seconds.') },
});

const remove = createRoute({
  method: 'delete',
  path,
  tags,
  summary: 'Leave the gaps of a source',
  ...guarded('source.update'),
  request: { params },
  responses: { 204: { description: 'The vendor is asked for nothing more.' } },
});

export function gapFillersRoutes(deps: ApiDeps) {
  const { db } = deps;
  const log = auditOf(deps, 'source');

  const found = (row: SourceGapsRow | undefined): SourceGapsRow => {
    if (!row) throw notFound('gap_filler');
    return row;
  };

  /** @throws PawlError for what no look could ever use */
  async function requireAskable(
    sql: ReservedSql,
    tenant: Tenant,
    { sourceId, connectionId }: { sourceId: string; connectionId: string },
  ): Promise<void> {
    const [source] = await lockSource(sql, tenant.shard, { tenantId: tenant.id, id: sourceId });
    if (!source) throw notFound('source');
    const gaps = getSourceKind(source.kind)?.gaps;
    if (!gaps) {
      const message =
        'What this sender missed cannot be asked for: it sends again by itself, or keeps no list.';
      throw new PawlError('Conflict', 'gaps_not_askable', message);
    }
    const of = { tenantId: tenant.id, id: connectionId };
    // Whoever deletes it waits, and sees what it is for.
    const [connection] = await lockConnection(sql, tenant.shard, of);
    if (!connection) throw notFound('connection');
    if (connection.provider !== gaps.provider) {
      throw new PawlError(
        'Conflict',
        'gaps_wrong_provider',
        `Gaps of this source are asked for through a connection of ${gaps.provider}, and this one is of ${connection.provider}.`,
      );
    }
  }

  return createRouter()
    .openapi(get, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, sourceId: c.req.valid('param').id };
      const [row] = await db.once<SourceGapsRow[]>([tenant.id], (sql) =>
        findSourceGaps(sql, tenant.shard, of),
      );
      return c.json(presentGapFiller(found(row)), 200);
    })

    .openapi(set, async (c) => {
      const { tenant, principal } = c.var;
      const { id } = c.req.valid('param');
      const { connection_id: connectionId } = c.req.valid('json');
      // Its credentials ask the vendor, as in a test.
      if (!mayDo(principal, 'connection.test', connectionId)) throw forbidden('connection.test');
      const row = await db.forTenants([tenant.id], async (sql) => {
        await requireAskable(sql, tenant, { sourceId: id, connectionId });
        const of = { tenantId: tenant.id, sourceId: id };
        const [row] = await setSourceGaps(sql, tenant.shard, of, connectionId);
        await log(sql, c, id, 'gap_filler_set', { connection_id: connectionId });
        return row;
      });
      return c.json(presentGapFiller(found(row)), 200);
    })

    .openapi(look, async (c) => {
      const { tenant } = c.var;
      const { id } = c.req.valid('param');
      const row = await db.forTenants([tenant.id], async (sql) => {
        const [row] = await lookForGapsNow(sql, tenant.shard, { tenantId: tenant.id, sourceId: id });
        await log(sql, c, found(row) && id, 'gap_filler_run', {});
        return row;
      });
      return c.json(presentGapFiller(found(row)), 202);
    })

    .openapi(remove, async (c) => {
      const { tenant } = c.var;
      const { id } = c.req.valid('param');
      await db.forTenants([tenant.id], async (sql) => {
        const [gone] = await dropSourceGaps(sql, tenant.shard, { tenantId: tenant.id, sourceId: id });
        if (!gone) throw notFound('gap_filler');
        await log(sql, c, id, 'gap_filler_removed', { connection_id: gone.connectionId });
      });
      return c.body(null, 204);
    });
}
