// Every kind of source Pawl knows, and what the wizard, the API reference and the documentation are made from.
import { z } from 'zod';
import type { JsonObject } from '../engine/json.ts';
import { generic } from './kinds/generic.ts';
import { github } from './kinds/github.ts';
import { gitlab } from './kinds/gitlab.ts';
import { jira } from './kinds/jira.ts';
import { linear } from './kinds/linear.ts';
import { pagerduty } from './kinds/pagerduty.ts';
import { sendgrid } from './kinds/sendgrid.ts';
import { slack } from './kinds/slack.ts';
import { standardWebhooks } from './kinds/standard_webhooks.ts';
import { stripe } from './kinds/stripe.ts';
import { twilio } from './kinds/twilio.ts';
import type { ConfigField, SecretField, SourceKind } from './source-kind.ts';

/** In the order of their ids. */
export const sourceKinds: readonly SourceKind[] = [
  generic,
  github,
  gitlab,
  jira,
  linear,
  pagerduty,
  sendgrid,
  slack,
  standardWebhooks,
  stripe,
  twilio,
];

const byId = new Map(sourceKinds.map((kind) => [kind.id, kind]));

export const getSourceKind = (id: string): SourceKind | undefined => byId.get(id);

/** One kind as the API shows it (a wire document). */
export interface SourceDescription {
  id: string;
  title: string;
  docs_url: string;
  fields: ConfigField[];
  /** JSON Schema (2020-12) of `config`. */
  config_schema: JsonObject;
  /** The settings a new source begins with. */
  config_template: JsonObject;
  secret: { label: string; help: string; made_by: SecretField['madeBy']; link: string | null };
  /** What to do at the vendor's side: `{url}` and `{secret}` stand for the source's own. */
  setup: { link: string; steps: string[]; example_types: string[] };
  /** Sentences: what is checked, and what becomes of a request. Backticks around names, as in Markdown. */
  explains: {
    signature: string;
    window: string;
    delivery_id: string;
    event_type: string;
    payload: string;
    reply: string;
  };
  /** Where what was missed can be asked for: through which connections, and what their token must be allowed. */
  gaps: { provider: string; permission: string } | null;
}

/** The catalogue: wizard, API reference and pages are made from it. */
export function describeSources(): SourceDescription[] {
  return sourceKinds.map((kind) => ({
    id: kind.id,
    title: kind.title,
    docs_url: kind.docsUrl,
    fields: [...kind.fields],
    config_schema: z.toJSONSchema(kind.config, { io: 'input', unrepresentable: 'any' }) as JsonObject,
    config_template: defaultsOf(kind),
    secret: {
      label: kind.secret.label,
      help: kind.secret.help,
      made_by: kind.secret.madeBy,
      link: kind.secret.link ?? null,
    },
    setup: {
      link: kind.setup.link,
      steps: [...kind.setup.steps],
      example_types: [...kind.setup.exampleTypes],
    },
    explains: {
      signature: kind.explains.signature,
      window: kind.explains.window,
      delivery_id: kind.explains.deliveryId,
      event_type: kind.explains.type,
      payload: kind.explains.payload,
      reply: kind.explains.reply,
    },
    gaps: kind.gaps && { provider: kind.gaps.provider, permission: kind.gaps.permission },
  }));
}

/** Every setting of every kind has a default or can be left out, so there is always something to begin with. */
function defaultsOf(kind: SourceKind): JsonObject {
  const parsed = kind.parseConfig({});
  if (!parsed.ok) throw new Error(`the settings of ${kind.id} have no defaults`);
  return { ...parsed.config } as unknown as JsonObject;
}
