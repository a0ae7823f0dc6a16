// /api/v1/providers: the kinds of external systems there are, with their fields and operations.
import { createRoute, z } from '@hono/zod-openapi';
import { describeProviders } from '../../integrations/catalogue.ts';
import { answer, createRouter, guarded, jsonObject } from '../routing.ts';

const providerSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    docs_url: z.string(),
    fields: z.array(
      z.object({
        name: z.string(),
        label: z.string(),
        help: z.string(),
        secret: z.boolean(),
        optional: z.boolean(),
        link: z.string().nullable(),
        default: z.string().nullable(),
      }),
    ),
    credentials_schema: jsonObject.openapi({ description: 'JSON Schema of `credentials`.' }),
    operations: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        help: z.string(),
        idempotent: z.boolean(),
        input_schema: jsonObject,
      }),
    ),
    test: z.union([
      z.object({ available: z.literal(true) }),
      z.object({ available: z.literal(false), reason: z.string() }),
    ]),
    limits: z.object({
      concurrency: z.int(),
      per_second: z.number().nullable(),
      burst: z.int().nullable(),
    }),
  })
  .openapi('Provider');

const list = createRoute({
  method: 'get',
  path: '/providers',
  tags: ['Connections'],
  summary: 'List the providers',
  ...guarded('provider.read'),
  responses: { 200: answer(z.object({ items: z.array(providerSchema) }), 'All of them.') },
});

export function providersRoutes() {
  // They change with the version of Pawl only.
  const catalogue = { items: describeProviders() };
  return createRouter().openapi(list, (c) => c.json(catalogue, 200));
}
