// /api/v1/metering/quotas: how much the tenant may use in a day or a month.
import { createRoute, z } from '@hono/zod-openapi';
import { deleteQuota, listQuotas, lockQuota, putQuota, type QuotaRow } from '../../db/statements/quotas.ts';
import { PawlError } from '../../engine/errors.ts';
import { auditOf } from '../audit-entry.ts';
import type { ApiDeps } from '../deps.ts';
import { ifMatchHeader, ifNoneMatchHeader, requireMatch, requireNoMatch } from '../if-match.ts';
import { etagOfQuota, newQuotaSchema, presentQuota, quotaSchema } from '../resources/quotas.ts';
import { answer, body, createRouter, guarded, notFound } from '../routing.ts';

const tags = ['Metering'];
const params = z.object({
  kind: z.enum(['WebhookEgress', 'WebhookIngress'], { error: 'quota' }),
  period: z.enum(['day', 'month'], { error: 'quota' }),
});

const list = createRoute({
  method: 'get',
  path: '/metering/quotas',
  tags,
  summary: 'List quotas and how they stand',
  ...guarded('metering.read'),
  responses: { 200: answer(z.object({ items: z.array(quotaSchema) }), 'All of them.') },
});

const put = createRoute({
  method: 'put',
  path: '/metering/quotas/{kind}/{period}',
  tags,
  summary: 'Set a quota',
  description: 'It holds within seconds: see docs/metering.md for how far it may be overshot.',
  ...guarded('metering.quota'),
  request: { params, body: body(newQuotaSchema) },
  parameters: [ifMatchHeader, ifNoneMatchHeader],
  responses: { 200: answer(quotaSchema, 'The quota.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/metering/quotas/{kind}/{period}',
  tags,
  summary: 'Remove a quota',
  ...guarded('metering.quota'),
  request: { params },
  parameters: [ifMatchHeader],
  responses: { 204: { description: 'There is none any more.' } },
});

export function quotasRoutes(deps: ApiDeps) {
  const { db } = deps;
  const log = auditOf(deps, 'quota');

  return createRouter()
    .openapi(list, async (c) => {
      const { tenant } = c.var;
      const rows = await db.once<QuotaRow[]>([tenant.id], (sql) =>
        listQuotas(sql, tenant.shard, [tenant.id]),
      );
      return c.json({ items: rows.map(presentQuota) }, 200);
    })

    .openapi(put, async (c) => {
      const { tenant, principal } = c.var;
      const { kind, period } = c.req.valid('param');
      const { warn_at: warnAt, block_at: blockAt } = c.req.valid('json');
      if (kind === 'WebhookIngress' && blockAt !== null) {
        throw new PawlError(
          'InvalidInput',
          'quota_cannot_block',
          'Inbound events are not blocked: one that is refused is lost with most senders. Set warn_at.',
        );
      }
      const quota = { tenantId: tenant.id, kind, period, warnAt, blockAt };
      const row = await db.forTenants([tenant.id], async (sql) => {
        const [before] = await lockQuota(sql, tenant.shard, quota);
        const there = before ? etagOfQuota(before) : null;
        requireMatch(c.req.header('if-match'), there);
        requireNoMatch(c.req.header('if-none-match'), there);
        const [row] = await putQuota(sql, tenant.shard, { ...quota, by: principal.actor });
        await log(sql, c, tenant.id, 'set', { kind, period, warn_at: warnAt, block_at: blockAt });
        return row as QuotaRow;
      });
      c.header('ETag', etagOfQuota(row));
      return c.json(presentQuota(row), 200);
    })

    .openapi(remove, async (c) => {
      const { tenant } = c.var;
      const { kind, period } = c.req.valid('param');
      const of = { tenantId: tenant.id, kind, period };
      await db.forTenants([tenant.id], async (sql) => {
        const [before] = await lockQuota(sql, tenant.shard, of);
        if (!before) throw notFound('quota');
        requireMatch(c.req.header('if-match'), etagOfQuota(before));
        await deleteQuota(sql, tenant.shard, of);
        await log(sql, c, tenant.id, 'removed', { kind, period });
      });
      return c.body(null, 204);
    });
}
