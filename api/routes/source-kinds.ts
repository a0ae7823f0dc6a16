// /api/v1/source-kinds: the kinds of senders there are, with their settings and what to do at their side.
import { createRoute, z } from '@hono/zod-openapi';
import { describeSources } from '../../inbound/catalogue.ts';
import { answer, createRouter, guarded, jsonObject } from '../routing.ts';

const sourceKindSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    docs_url: z.string(),
    fields: z.array(z.object({ name: z.string(), label: z.string(), help: z.string() })),
    config_schema: jsonObject.openapi({ description: 'JSON Schema of `config`.' }),
    config_template: jsonObject.openapi({ description: 'The settings a new source begins with.' }),
    secret: z.object({
      label: z.string(),
      help: z.string(),
      made_by: z.enum(['pawl', 'vendor', 'either']).openapi({
        description: '`vendor`: it must be given when the source is added. Otherwise it may be left out.',
      }),
      link: z.string().nullable(),
    }),
    setup: z.object({
      link: z.string(),
      steps: z.array(z.string()).openapi({
        description: 'What to do at the sender’s side: `{url}` and `{secret}` stand for those of the source.',
      }),
      example_types: z.array(z.string()),
    }),
    explains: z
      .object({
        signature: z.string(),
        window: z.string(),
        delivery_id: z.string(),
        event_type: z.string(),
        payload: z.string(),
        reply: z.string(),
      })
      .openapi({ description: 'Sentences: what is checked, and what becomes of a request.' }),
    gaps: z
      .object({
        provider: z.string().openapi({ description: 'Of the connections it can be asked through.' }),
        permission: z.string().openapi({ description: 'What the token of the connection must be allowed.' }),
      })
      .nullable()
      .openapi({
        description:
          'For a sender that sends everything once and can be asked to send it again (`PUT /sources/{id}/gap-filler`). Null: it sends again by itself, or keeps no list.',
      }),
  })
  .openapi('SourceKind');

const list = createRoute({
  method: 'get',
  path: '/source-kinds',
  tags: ['Sources'],
  summary: 'List the kinds of sources',
  ...guarded('provider.read'),
  responses: { 200: answer(z.object({ items: z.array(sourceKindSchema) }), 'All of them.') },
});

export function sourceKindsRoutes() {
  // They change with the version of Pawl only.
  const catalogue = { items: describeSources() };
  return createRouter().openapi(list, (c) => c.json(catalogue, 200));
}
