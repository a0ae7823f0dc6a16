// /api/v1/providers: the kinds of external systems there are, with their fields and operations.
import { createRoute, z } from '@hono/zod-openapi';
import { describeProviders } from '../../integrations/catalogue.ts';
import { answer, createRouter, guarded, json, jsonObject, notFound } from '../routing.ts';

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
        example: z.string().nullable().openapi({ description: 'Of the right shape, and of nobody.' }),
      }),
    ),
    credentials_schema: jsonObject.openapi({ description: 'JSON Schema of `credentials`.' }),
    credentials_example: jsonObject.openapi({ description: 'A whole set of them, of nobody.' }),
    operations: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        help: z.string(),
        idempotent: z.boolean(),
        input_schema: jsonObject.openapi({ description: 'JSON Schema of `input`.' }),
        example: json.openapi({ description: 'An `input` that it takes.' }),
      }),
    ),
    webhook: z
      .object({ help: z.string(), example: jsonObject })
      .nullable()
      .openapi({ description: 'What `path` of a WEBHOOK action is behind, and the `params` of one.' }),
    test: z.union([
      z.object({
        available: z.literal(true),
        not_with: z
          .object({ field: z.string(), reason: z.string() })
          .optional()
          .openapi({ description: 'A credential with which there is no test, and why.' }),
      }),
      z.object({ available: z.literal(false), reason: z.string() }),
    ]),
    limits: z
      .object({
        concurrency: z.int(),
        per_second: z.number().nullable(),
        burst: z.int().nullable(),
      })
      .openapi({ description: 'Of a connection whose `settings` say nothing else.' }),
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

const get = createRoute({
  method: 'get',
  path: '/providers/{provider}',
  tags: ['Connections'],
  summary: 'Get a provider',
  ...guarded('provider.read'),
  request: { params: z.object({ provider: z.string().openapi({ example: 'twilio' }) }) },
  responses: { 200: answer(providerSchema, 'The provider.') },
});

export function providersRoutes() {
  // They change with the version of Pawl only.
  const items = describeProviders();
  const byId = new Map(items.map((description) => [description.id, description]));
  return createRouter()
    .openapi(list, (c) => c.json({ items }, 200))
    .openapi(get, (c) => {
      const description = byId.get(c.req.valid('param').provider);
      if (!description) throw notFound('provider');
      return c.json(description, 200);
    });
}
