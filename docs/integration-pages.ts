// The pages of docs/integrations/, as text: everything on them comes from the providers, nothing is written by hand.
import type { OutboundRequest } from '../egress/request.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import type { Call } from '../integrations/build-request.ts';
import {
  describeProviders,
  getProvider,
  type ProviderDescription,
  providers,
} from '../integrations/catalogue.ts';
import { connectionRule } from '../integrations/connection-rule.ts';
import { maskedFields } from '../integrations/credential-fields.ts';
import { exampleCredentials } from '../integrations/example-credentials.ts';
import { preview } from '../integrations/preview.ts';
import type { Provider, WebhookInput } from '../integrations/provider.ts';

export const PAGES = new URL('./integrations/', import.meta.url);

// Any day will do, as long as it stays the same: some requests are dated or signed.
const SAMPLE = {
  now: new Date('2025-03-01T12:00:00Z'),
  idempotencyKey: '<action run id>',
  userAgent: 'Pawl',
};
const CONNECTION = '0198c0de-0000-7000-8000-000000000001';

/** Every page by file name: one for each provider, and README.md, which lists them. */
export function integrationPages(): Map<string, string> {
  const pages = describeProviders().map((description): [string, string] => {
    const provider = getProvider(description.id);
    if (provider === undefined) throw new Error(`${description.id} is described and not there`);
    return [`${description.id}.md`, page(provider, description)];
  });
  return new Map([['README.md', overview()], ...pages]);
}

function overview(): string {
  const rows = providers.map(({ id, title, operations }) => {
    const names = Object.keys(operations).map((name) => `\`${id}.${name}\``);
    return `| [${title}](${id}.md) | ${names.join(', ') || '–'} |`;
  });
  return `# Integrations

<!-- Made from integrations/providers/ by \`npm run docs\`. -->

A connection is the credentials of one account at one of these providers. A \`WEBHOOK\` action sends any request of the
provider's API through it; an \`INTEGRATION\` action makes one of the operations below, whose input is checked when the
workflow is saved. Where nothing fits, [REST API](generic_rest.md) takes any other HTTP API. How to make, test and rotate a
connection is in [connections.md](../connections.md); whole workflows are in [recipes](../recipes/README.md).

| provider | operations |
|---|---|
${rows.join('\n')}

## Limits by default

What a connection may have where its settings say nothing; [limits](../limits.md) has the rules.

| provider | requests in flight | a second | at once after a pause |
|---|---|---|---|
${providers.map(limitsRow).join('\n')}
`;
}

const limitsRow = ({ id, title, limits }: Provider): string => {
  const { rate, concurrency } = connectionRule({}, limits);
  return `| [${title}](${id}.md) | ${concurrency} | ${rate?.perSecond ?? '–'} | ${rate?.burst ?? '–'} |`;
};

function page(provider: Provider, description: ProviderDescription): string {
  const credentials = exampleCredentials(provider);
  const origins = provider.parseCredentials(credentials);
  const hosts = origins.ok ? provider.origins(origins.credentials) : [];
  return `${[
    `# ${provider.title}`,
    `<!-- Made from integrations/providers/${provider.id}.ts by \`npm run docs\`. -->`,
    `A connection with \`"provider": "${provider.id}"\`. ${provider.title} documents its API [here](${provider.docsUrl}).`,
    '## Credentials',
    fieldsTable(description),
    `With ${credentialsInWords(credentials)}, requests go to ${hosts.map((host) => `\`${host}\``).join(' and ')} and nowhere else.`,
    testSection(description),
    limitsSection(description),
    webhookSection(provider, credentials),
    ...Object.keys(provider.operations).map((name) =>
      operationSection(provider, description, name, credentials),
    ),
  ].join('\n\n')}\n`;
}

const credentialsInWords = (credentials: JsonObject): string =>
  `the example’s ${Object.keys(credentials)
    .map((name) => `\`${name}\``)
    .join(', ')}`;

function fieldsTable({ fields }: ProviderDescription): string {
  const rows = fields.map((field) => {
    const marks = [field.secret ? 'secret' : null, field.optional ? 'optional' : 'required'].filter(Boolean);
    const value = field.default === null ? '' : ` Default \`${field.default}\`.`;
    const link = field.link === null ? '' : ` [Where to find it](${field.link}).`;
    return `| \`${field.name}\` | ${field.label} | ${marks.join(', ')} | ${cell(field.help)}${value}${link} |`;
  });
  return `| field | name | | |\n|---|---|---|---|\n${rows.join('\n')}`;
}

function testSection({ test }: ProviderDescription): string {
  if (!test.available) return `The connection has no test. ${test.reason}`;
  const except = test.not_with && ` With \`${test.not_with.field}\` there is none. ${test.not_with.reason}`;
  return `A test of the connection makes a call that changes nothing, and reports what the provider says.${except ?? ''}`;
}

function limitsSection({ limits: { concurrency, per_second, burst } }: ProviderDescription): string {
  const rate =
    per_second === null ? '' : `, ${per_second} a second${burst === null ? '' : ` with bursts of ${burst}`}`;
  return `By default a connection has ${concurrency} requests under way at most${rate}, and rests as long as the provider asks.`;
}

function webhookSection(provider: Provider, credentials: JsonObject): string {
  const { webhook } = provider;
  if (webhook === undefined) return '';
  const { example } = webhook;
  const action = { action_type: 'WEBHOOK', params: { connection_id: CONNECTION, ...example } };
  const input: WebhookInput = {
    method: 'POST',
    path: '',
    query: '',
    headers: {},
    idempotent: null,
    ...example,
  };
  return ['## WEBHOOK', webhook.help, sent(provider, { kind: 'webhook', input }, action, credentials)].join(
    '\n\n',
  );
}

function operationSection(
  provider: Provider,
  { operations }: ProviderDescription,
  name: string,
  credentials: JsonObject,
): string {
  const id = `${provider.id}.${name}`;
  const operation = provider.operations[name];
  const description = operations.find((one) => one.id === id);
  if (operation === undefined || description === undefined)
    throw new Error(`${id} is described and not there`);
  const input = operation.example ?? {};
  const action = { action_type: 'INTEGRATION', params: { connection_id: CONNECTION, operation: id, input } };
  return [
    `## ${id}`,
    `${operation.title}. ${operation.help}`,
    operation.idempotent
      ? 'Safe to send again: after a 5xx or without an answer it is repeated.'
      : 'Not safe to send again: after a 5xx or without an answer it is not repeated unless the action says `"idempotent": true`.',
    inputTable(description.input_schema),
    sent(provider, { kind: 'operation', operation: id, input, idempotent: null }, action, credentials),
  ].join('\n\n');
}

function inputTable(schema: JsonObject): string {
  const properties = (schema.properties ?? {}) as Record<string, JsonObject>;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const rows = Object.entries(properties).map(([name, property]) => {
    const value = property.default === undefined ? '' : ` Default \`${JSON.stringify(property.default)}\`.`;
    const help = typeof property.description === 'string' ? property.description : '';
    return `| \`${name}\` | ${cell(typeOf(property))} | ${required.includes(name) ? 'required' : 'optional'} | ${cell(help)}${value} |`;
  });
  return `| input | type | | |\n|---|---|---|---|\n${rows.join('\n')}`;
}

/** A JSON Schema in a word or two; the API serves the schema itself. */
function typeOf(schema: JsonObject): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (Array.isArray(schema.anyOf)) {
    const options = schema.anyOf.map((option) => typeOf(option as JsonObject));
    return [...new Set(options)].join(' or ');
  }
  if (schema.type === 'array') return `list of ${typeOf((schema.items ?? {}) as JsonObject)}`;
  return typeof schema.type === 'string' ? schema.type : 'any JSON';
}

/** An action as it stands in a definition, and the request it makes. */
function sent(provider: Provider, call: Call, action: object, credentials: JsonObject): string {
  const built = preview(provider, call, maskedFields(provider, credentials), SAMPLE);
  if (!built.ok) throw new Error(`the example of ${provider.id} is refused: ${built.message}`);
  return `${block('json', JSON.stringify(action, null, 2))}\n\nsends\n\n${block('http', written(built.request))}`;
}

function written({ method, url, headers, body }: OutboundRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${url}`, ...lines].join('\n');
  return body === null ? head : `${head}\n\n${pretty(String(body))}`;
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body) as Json, null, 2);
  } catch {
    return body;
  }
}

const block = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

const cell = (text: string): string => text.replaceAll('|', '\\|');
