// The pages of docs/sources/, as text: everything about a kind comes from the kind itself.
import type { JsonObject } from '../engine/json.ts';
import { describeSources, type SourceDescription } from '../inbound/catalogue.ts';

export const SOURCE_PAGES = new URL('./sources/', import.meta.url);

/** Every page by file name: one for each kind of source, and README.md, which lists them. */
export function sourcePages(): Map<string, string> {
  const sources = describeSources();
  const pages = sources.map((source): [string, string] => [`${source.id}.md`, page(source)]);
  return new Map([['README.md', overview(sources)], ...pages]);
}

function overview(sources: readonly SourceDescription[]): string {
  const rows = sources.map(
    ({ id, title, explains }) => `| [${title}](${id}.md) | \`${id}\` | ${cell(explains.delivery_id)} |`,
  );
  return `# Sources

<!-- Made from inbound/kinds/ by \`npm run docs\`. -->

A source is one sender of webhooks: a repository at GitHub, an app at Slack. Each has a URL and a secret of its own, so that
two senders can never be taken for each other.

| kind | \`kind\` | what a delivery is known by |
|---|---|---|
${rows.join('\n')}

Where nothing fits, [a generic webhook](generic.md) takes anything that signs its body or sends a secret along.

## What happens to a request

\`POST /api/integrations/webhook/{source_id}\`

1. A source that does not exist, or is not active, is **404**.
2. The signature is checked over the bytes as they arrived, in constant time, before anything is parsed. What is missing,
   doubled, cut off, of an unknown version, too old or too far ahead is **401**, like a wrong signature; the sender does not
   learn which. Without a secret nothing is accepted.
3. The request is read: which delivery is it, of what type, with what payload. A body may hold several events (SendGrid's
   does); each goes its own way from here.
4. The event is stored, and the sender gets its answer: **200**, with what the kind calls for. What follows is not waited for.
5. The same delivery again, in a second attempt or because somebody sends a copy, gets the same answer and has no further
   effect. The one exception: when what it came to is FAILED and a trigger could not be carried out, it is
   [tried again](../triggers.md#a-delivery-that-comes-again).

A request that is genuine and means nothing (an empty list, a URL being verified) is answered and ignored. One that is
genuine and not what the kind sends, such as a form where JSON belongs, is answered with 200 as well, because no second
attempt would mend it; it is kept as failed, with one of these reasons: \`body_not_utf8\`, \`body_not_json\`,
\`body_not_an_object\`, \`body_too_deep\` (more than 100 levels), \`event_type_missing\`.

The payload is what a trigger's expressions see. Characters that Postgres cannot store (U+0000, half surrogates) are
U+FFFD in it.

## Secrets

A secret is stored encrypted and shown once, when Pawl has made it; later it is \`***\`, and so is every stored header that
holds a secret or a signature. While a secret is being rotated the old one is accepted too, so that the sender can be
changed in between. A second rotation is refused (\`source_rotation_overlaps\`) until \`previous_secret_until\`, or until
\`DELETE /sources/{id}/previous-secret\` says that the sender has changed. The first secret of a source that was
made without one has nothing to overlap with. A secret that strangers know is replaced with \`"overlap_hours": 0\`, whatever
overlaps. A source whose secret nobody can read any more, because the keys of the organisation were shredded, says
\`secret_shredded\`; every request to it fails until it is rotated.

## What a signature does not prove

A secret that is sent along (GitLab's token, a generic shared secret) proves who sent a request and nothing of what is in it.

Where a kind signs no time, a copied request stays genuine for ever; where its delivery id is not signed, such a copy could
also come back as a new delivery. The page of each kind says what is signed. Only somebody who sees the traffic can make a
copy: have the senders use HTTPS, and check in the trigger's filter what must not happen twice.
`;
}

function page(source: SourceDescription): string {
  const { title, docs_url, secret, setup, explains } = source;
  const where = secret.link === null ? '' : ` [Where to find it](${secret.link}).`;
  return `# ${title}

<!-- Made from inbound/kinds/${source.id}.ts by \`npm run docs\`. -->

A source with \`"kind": "${source.id}"\`. How requests are signed is documented [here](${docs_url}).

## Setting it up

${setup.steps.map((step, index) => `${index + 1}. ${step}`).join('\n')}

\`{url}\` is the URL of the source${mentions(setup.steps, '{secret}') ? ', `{secret}` its secret' : ''}. All of it is done [here](${setup.link}).

## Secret

${secret.label}. ${secret.help}${where} ${MADE_BY[secret.made_by]}

## Settings

${settings(source)}

## What is checked

${explains.signature}

Window: ${lowerFirst(explains.window)}

## What becomes of it

| | |
|---|---|
| event type | ${cell(explains.event_type)} |
| payload | ${cell(explains.payload)} |
| delivery id | ${cell(explains.delivery_id)} |
| answer | ${cell(explains.reply)} |

Types are, for example, ${setup.example_types.map((type) => `\`${type}\``).join(', ')}.
${source.gaps === null ? '' : gapsOf(source.title, source.gaps)}`;
}

const gapsOf = (title: string, { provider, permission }: NonNullable<SourceDescription['gaps']>): string => `
## What did not arrive

${title} sends everything once. Pawl can ask it to send again what it could not deliver:

\`\`\`sh run
curl -fsS -X PUT "$PAWL/sources/$SOURCE/gap-filler" -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' -d "{\\"connection_id\\": \\"$CONNECTION\\"}"
\`\`\`

The connection is one of [\`${provider}\`](../integrations/${provider}.md). ${permission} Every ten minutes, and at \`POST …/gap-filler/look\`, a worker reads the list of what
was sent to the source and asks again for what nobody answered, for what was answered 5xx, 408, 425 or 429, and for what was answered 401, as it is
while a secret is being changed: four times at most, 2 minutes, 10 minutes, an hour and six hours after the attempt before. What
is asked for comes in as everything does, signed, and is a repetition if it is here already. What a deactivated source
answered 404 is left alone.

Which webhooks send to the source is known from what has come in; there may be several. \`GET …/gap-filler\` says which, how many deliveries were asked for,
and what went wrong in the last look. The audit has \`source.redelivery_asked\` for each.
`;

const MADE_BY = {
  pawl: 'Pawl makes it.',
  vendor: 'It is made there and entered here.',
  either: 'Enter your own, or leave it out and Pawl makes one.',
};

function settings({ fields, config_schema, config_template }: SourceDescription): string {
  if (fields.length === 0) return 'None.';
  const properties = (config_schema.properties ?? {}) as { [name: string]: JsonObject };
  const rows = fields.map(({ name, label, help }) => {
    const { enum: values } = properties[name] ?? {};
    const allowed = Array.isArray(values) ? values.map((value) => `\`${value}\``).join(', ') : 'text';
    const value = config_template[name];
    const preset = value === undefined || value === '' ? '' : `\`${value}\``;
    return `| \`${name}\` | ${label} | ${allowed} | ${preset} | ${cell(help)} |`;
  });
  return `| setting | | values | default | |\n|---|---|---|---|---|\n${rows.join('\n')}`;
}

const mentions = (steps: readonly string[], name: string): boolean =>
  steps.some((step) => step.includes(name));

const lowerFirst = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;

const cell = (text: string): string => text.replaceAll('|', '\\|');
