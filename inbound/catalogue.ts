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
  /** JSON Schema (2020-12) of `config`, defaults included. */
  config_schema: JsonObject;
  secret: { label: string; help: string; made_by: SecretField['madeBy']; link: string | null };
  /** What to do at the vendor's side: `{url}` and `{secret}` stand for the source's own. */
  setup: { link: string; steps: string[]; example_types: string[] };
}

export function describeSources(): SourceDescription[] {
  return sourceKinds.map(({ id, title, docsUrl, fields, config, secret, setup }) => ({
    id,
    title,
    docs_url: docsUrl,
    fields: [...fields],
    config_schema: z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' }) as JsonObject,
    secret: { label: secret.label, help: secret.help, made_by: secret.madeBy, link: secret.link ?? null },
    setup: { link: setup.link, steps: [...setup.steps], example_types: [...setup.exampleTypes] },
  }));
}
