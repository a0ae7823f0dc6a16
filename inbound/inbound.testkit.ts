// For tests: the senders' side of every kind, written from the vendors' documentation and not from our verifiers.
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { getSourceKind } from './catalogue.ts';
import type {
  CheckedConfig,
  HeaderLine,
  InboundEvent,
  InboundRequest,
  Reading,
  SourceKind,
  Verification,
} from './source-kind.ts';

export const NOW = new Date('2026-01-15T12:00:00Z');
export const URL_OF_SOURCE =
  'https://pawl.example/api/integrations/webhook/0198c0de-0000-7000-8000-000000000001';

/** A secret as the sender holds it and as the source stores it: not the same where keys come in pairs. */
export interface SharedSecret {
  stored: string;
  signWith: string | KeyObject;
}

export interface Sender {
  /** Kind, and the setting where a kind has several. */
  name: string;
  kind: SourceKind;
  config: CheckedConfig;
  secret: SharedSecret;
  /** Of another tenant, or the next one. */
  otherSecret: SharedSecret;
  /** The header with the proof. */
  signature: string;
  /** The header with the time; absent where the body holds it or nothing is timed. */
  timestamp?: string;
  windowSeconds?: number;
  /** False for secrets that are sent along: they say nothing of the body. */
  coversBody: boolean;
  /** A body as sent at that time. Small, so that every bit of it can be tried. */
  body(unix: number | string): string;
  /** The request with that body at that time (text goes into the header as it stands). */
  send(body: string | Uint8Array, unix: number | string, secret: SharedSecret): InboundRequest;
  /** The header with a signature of a version nobody knows at its beginning, where it is a list. */
  withUnknownVersionFirst?(header: string): string;
  /** The header with the version of its signature exchanged for another. */
  withOtherVersion?(header: string): string;
}

const bytes = (body: string | Uint8Array): Uint8Array =>
  typeof body === 'string' ? Buffer.from(body) : body;

export function requestOf(
  headers: readonly HeaderLine[],
  body: string | Uint8Array,
  url = URL_OF_SOURCE,
): InboundRequest {
  return { url, headers, body: bytes(body) };
}

export function kindAndConfig(
  id: string,
  settings: object = {},
): { kind: SourceKind; config: CheckedConfig } {
  const kind = getSourceKind(id);
  if (kind === undefined) throw new Error(`there is no kind ${id}`);
  const parsed = kind.parseConfig(settings);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { kind, config: parsed.config };
}

/** Verified with the sender's secret at `NOW` unless told otherwise. */
export function verified(
  sender: Sender,
  request: InboundRequest,
  secrets: readonly string[] = [sender.secret.stored],
  now = NOW,
): Verification {
  return sender.kind.verify(request, { config: sender.config, secrets, now });
}

export const unixSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** The one event of a request, which must hold exactly one. */
export function onlyEvent(reading: Reading): InboundEvent {
  if (reading.kind !== 'events' || reading.events.length !== 1) throw new Error(JSON.stringify(reading));
  return reading.events[0];
}

/** A copy of the request with its headers changed. */
export const withHeaders = (
  request: InboundRequest,
  change: (headers: readonly HeaderLine[]) => readonly HeaderLine[],
): InboundRequest => ({ ...request, headers: change(request.headers) });

export const withoutHeader = (request: InboundRequest, name: string): InboundRequest =>
  withHeaders(request, (headers) => headers.filter(([candidate]) => candidate.toLowerCase() !== name));

export const withHeader = (request: InboundRequest, name: string, value: string): InboundRequest =>
  withHeaders(request, (headers) =>
    headers.map(([candidate, old]) => [candidate, candidate.toLowerCase() === name ? value : old]),
  );

export function headerOf(request: InboundRequest, name: string): string {
  const found = request.headers.find(([candidate]) => candidate.toLowerCase() === name);
  if (found === undefined) throw new Error(`there is no header ${name}`);
  return found[1];
}

const mac = (
  algorithm: string,
  key: string | Buffer | KeyObject,
  encoding: 'hex' | 'base64',
  ...parts: (string | Uint8Array)[]
) =>
  createHmac(algorithm, key)
    .update(Buffer.concat(parts.map(bytes)))
    .digest(encoding);

const same = (text: string): SharedSecret => ({ stored: text, signWith: text });
const JSON_TYPE: HeaderLine = ['Content-Type', 'application/json; charset=utf-8'];

const whsec = (fill: number): SharedSecret => same(`whsec_${Buffer.alloc(32, fill).toString('base64')}`);
const whsecKey = ({ stored }: SharedSecret): Buffer => Buffer.from(stored.replace('whsec_', ''), 'base64');

function ecdsaPair(): SharedSecret {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    stored: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    signWith: privateKey,
  };
}

const standard =
  (prefix: string, more: HeaderLine[] = []): Sender['send'] =>
  (body, unix, secret) =>
    requestOf(
      [
        JSON_TYPE,
        ...more,
        [`${prefix}-id`, 'msg_1'],
        [`${prefix}-timestamp`, String(unix)],
        [`${prefix}-signature`, `v1,${mac('sha256', whsecKey(secret), 'base64', `msg_1.${unix}.`, body)}`],
      ],
      body,
    );

function ed25519Pair(): SharedSecret {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const bytesOfKey = Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url');
  return { stored: `whpk_${bytesOfKey.toString('base64')}`, signWith: privateKey };
}

/** Standard Webhooks by a key of the sender's; by the secret, where there is one of those. */
const sendByKey: Sender['send'] = (body, unix, secret) => {
  if (typeof secret.signWith === 'string') return standard('webhook')(body, unix, secret);
  const signed = Buffer.concat([Buffer.from(`msg_1.${unix}.`), bytes(body)]);
  const headers: HeaderLine[] = [
    JSON_TYPE,
    ['webhook-id', 'msg_1'],
    ['webhook-timestamp', String(unix)],
    ['webhook-signature', `v1a,${sign(null, signed, secret.signWith).toString('base64')}`],
  ];
  return requestOf(headers, body);
};

/** A sender that signs the body and nothing else, into one header. */
const signsBody =
  (header: string, prefix: string, more: readonly HeaderLine[]): Sender['send'] =>
  (body, _, { stored }) =>
    requestOf([JSON_TYPE, ...more, [header, prefix + mac('sha256', stored, 'hex', body)]], body);

const FORM_TYPE: HeaderLine = ['Content-Type', 'application/x-www-form-urlencoded'];

/** Twilio: the URL and the form's fields, sorted by name. */
function sendTwilio(body: string | Uint8Array, _: number | string, { stored }: SharedSecret): InboundRequest {
  const fields = [...new URLSearchParams(Buffer.from(bytes(body)).toString())].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const signature = mac('sha1', stored, 'base64', URL_OF_SOURCE, ...fields.flat());
  return requestOf([FORM_TYPE, ['X-Twilio-Signature', signature]], body);
}

function sendTwilioJson(
  body: string | Uint8Array,
  _: number | string,
  { stored }: SharedSecret,
): InboundRequest {
  const url = `${URL_OF_SOURCE}?bodySHA256=${createHash('sha256').update(bytes(body)).digest('hex')}`;
  return requestOf([JSON_TYPE, ['X-Twilio-Signature', mac('sha1', stored, 'base64', url)]], body, url);
}

function sendSendGrid(
  body: string | Uint8Array,
  unix: number | string,
  { signWith }: SharedSecret,
): InboundRequest {
  const signed = Buffer.concat([Buffer.from(String(unix)), bytes(body)]);
  const signature =
    typeof signWith === 'string'
      ? ''
      : sign('sha256', signed, { key: signWith, dsaEncoding: 'der' }).toString('base64');
  return requestOf(
    [
      JSON_TYPE,
      ['X-Twilio-Email-Event-Webhook-Signature', signature],
      ['X-Twilio-Email-Event-Webhook-Timestamp', String(unix)],
    ],
    body,
  );
}

const vendorSecrets = { secret: same('a-secret-of-tenant-one'), otherSecret: same('a-secret-of-tenant-two') };
const standardSecrets = { secret: whsec(1), otherSecret: whsec(2) };

const standardList = {
  withUnknownVersionFirst: (header: string) => `v9,AAAA v1a,${'A'.repeat(86)}== ${header}`,
  withOtherVersion: (header: string) => header.replace('v1,', 'v2,'),
};

export const senders: readonly Sender[] = [
  {
    name: 'github',
    ...kindAndConfig('github'),
    ...vendorSecrets,
    signature: 'x-hub-signature-256',
    coversBody: true,
    body: () => '{"action": "opened", "n": 1.0}',
    send: signsBody('X-Hub-Signature-256', 'sha256=', [
      ['X-GitHub-Event', 'issues'],
      ['X-GitHub-Delivery', '72d3162e-cc78-11e3-81ab-4c9367dc0958'],
    ]),
    withOtherVersion: (header) => header.replace('sha256=', 'sha1='),
  },
  {
    name: 'gitlab with a token',
    ...kindAndConfig('gitlab', { verification: 'token' }),
    ...vendorSecrets,
    signature: 'x-gitlab-token',
    coversBody: false,
    body: () => '{"object_kind": "push", "n": 1.0}',
    send: (body, _, { stored }) =>
      requestOf(
        [JSON_TYPE, ['X-Gitlab-Event', 'Push Hook'], ['Idempotency-Key', 'k-1'], ['X-Gitlab-Token', stored]],
        body,
      ),
  },
  {
    name: 'gitlab with a signature',
    ...kindAndConfig('gitlab', { verification: 'signature' }),
    ...standardSecrets,
    signature: 'webhook-signature',
    timestamp: 'webhook-timestamp',
    windowSeconds: 300,
    coversBody: true,
    body: () => '{"object_kind": "push", "n": 1.0}',
    send: standard('webhook', [['X-Gitlab-Event', 'Push Hook']]),
    ...standardList,
  },
  {
    name: 'slack',
    ...kindAndConfig('slack'),
    ...vendorSecrets,
    signature: 'x-slack-signature',
    timestamp: 'x-slack-request-timestamp',
    windowSeconds: 300,
    coversBody: true,
    body: () => '{"type": "app_rate_limited", "event_id": "Ev1", "n": 1.0}',
    send: (body, unix, { stored }) =>
      requestOf(
        [
          JSON_TYPE,
          ['X-Slack-Request-Timestamp', String(unix)],
          ['X-Slack-Signature', `v0=${mac('sha256', stored, 'hex', `v0:${unix}:`, body)}`],
        ],
        body,
      ),
    withOtherVersion: (header) => header.replace('v0=', 'v1='),
  },
  {
    name: 'linear',
    ...kindAndConfig('linear'),
    ...vendorSecrets,
    signature: 'linear-signature',
    windowSeconds: 60,
    coversBody: true,
    body: (unix) => {
      const milliseconds = typeof unix === 'number' ? unix * 1000 : unix;
      return `{"type": "Issue", "action": "create", "webhookTimestamp": ${milliseconds}}`;
    },
    send: signsBody('Linear-Signature', '', [['Linear-Delivery', 'd-1']]),
    withOtherVersion: (header) => `sha256=${header}`,
  },
  {
    name: 'jira',
    ...kindAndConfig('jira'),
    ...vendorSecrets,
    signature: 'x-hub-signature',
    coversBody: true,
    body: () => '{"webhookEvent": "jira:issue_created", "n": 1.0}',
    send: signsBody('X-Hub-Signature', 'sha256=', [['X-Atlassian-Webhook-Identifier', 'i-1']]),
    withOtherVersion: (header) => header.replace('sha256=', 'sha1='),
  },
  {
    name: 'stripe',
    ...kindAndConfig('stripe'),
    ...vendorSecrets,
    signature: 'stripe-signature',
    windowSeconds: 300,
    coversBody: true,
    body: () => '{"id": "evt_1", "type": "invoice.paid", "n": 1.0}',
    send: (body, unix, { stored }) =>
      requestOf(
        [JSON_TYPE, ['Stripe-Signature', `t=${unix},v1=${mac('sha256', stored, 'hex', `${unix}.`, body)}`]],
        body,
      ),
    withUnknownVersionFirst: (header) => `v9=00,v0=${'a'.repeat(64)},${header}`,
    withOtherVersion: (header) => header.replace('v1=', 'v0='),
  },
  {
    name: 'twilio',
    ...kindAndConfig('twilio'),
    ...vendorSecrets,
    signature: 'x-twilio-signature',
    coversBody: true,
    body: () => 'MessageSid=SM1&SmsStatus=received&Body=Caf%C3%A9+%26+more',
    send: sendTwilio,
  },
  {
    name: 'twilio with JSON',
    ...kindAndConfig('twilio'),
    ...vendorSecrets,
    signature: 'x-twilio-signature',
    coversBody: true,
    body: () => '{"EventType": "onMessageAdded", "n": 1.0}',
    send: sendTwilioJson,
  },
  {
    name: 'sendgrid',
    ...kindAndConfig('sendgrid'),
    secret: ecdsaPair(),
    otherSecret: ecdsaPair(),
    signature: 'x-twilio-email-event-webhook-signature',
    timestamp: 'x-twilio-email-event-webhook-timestamp',
    windowSeconds: 300,
    coversBody: true,
    body: () => '[{"event": "delivered", "sg_event_id": "e-1", "n": 1.0}]',
    send: sendSendGrid,
  },
  {
    name: 'pagerduty',
    ...kindAndConfig('pagerduty'),
    ...vendorSecrets,
    signature: 'x-pagerduty-signature',
    coversBody: true,
    body: () => '{"event": {"id": "01B", "event_type": "incident.triggered", "n": 1.0}}',
    send: signsBody('X-PagerDuty-Signature', 'v1=', []),
    withUnknownVersionFirst: (header) => `v9=00,v0=${'a'.repeat(64)},${header}`,
    withOtherVersion: (header) => header.replace('v1=', 'v2='),
  },
  {
    name: 'standard_webhooks',
    ...kindAndConfig('standard_webhooks'),
    ...standardSecrets,
    signature: 'webhook-signature',
    timestamp: 'webhook-timestamp',
    windowSeconds: 300,
    coversBody: true,
    body: () => '{"type": "user.created", "n": 1.0}',
    send: standard('webhook'),
    ...standardList,
  },
  {
    name: 'standard_webhooks by a key of the sender’s',
    ...kindAndConfig('standard_webhooks'),
    secret: ed25519Pair(),
    otherSecret: ed25519Pair(),
    signature: 'webhook-signature',
    timestamp: 'webhook-timestamp',
    windowSeconds: 300,
    coversBody: true,
    body: () => '{"type": "user.created", "n": 1.0}',
    send: sendByKey,
    withUnknownVersionFirst: (header) => `v9,AAAA v1,${'A'.repeat(43)}= ${header}`,
    withOtherVersion: (header) => header.replace('v1a,', 'v1,'),
  },
  {
    name: 'standard_webhooks of Svix',
    ...kindAndConfig('standard_webhooks', { header_prefix: 'svix' }),
    ...standardSecrets,
    signature: 'svix-signature',
    timestamp: 'svix-timestamp',
    windowSeconds: 300,
    coversBody: true,
    body: () => '{"type": "user.created", "n": 1.0}',
    send: standard('svix'),
    ...standardList,
  },
  {
    name: 'generic with an HMAC',
    ...kindAndConfig('generic', {
      header: 'X-Shop-Hmac',
      prefix: 'v1:',
      algorithm: 'sha512',
      encoding: 'base64',
    }),
    ...vendorSecrets,
    signature: 'x-shop-hmac',
    coversBody: true,
    body: () => '{"type": "order.created", "n": 1.0}',
    send: (body, _, { stored }) =>
      requestOf([JSON_TYPE, ['X-Shop-Hmac', `v1:${mac('sha512', stored, 'base64', body)}`]], body),
    withOtherVersion: (header) => header.replace('v1:', 'v2:'),
  },
  {
    name: 'generic with a shared secret',
    ...kindAndConfig('generic', { scheme: 'shared_secret', header: 'Authorization', prefix: 'Bearer ' }),
    ...vendorSecrets,
    signature: 'authorization',
    coversBody: false,
    body: () => '{"type": "order.created", "n": 1.0}',
    send: (body, _, { stored }) => requestOf([JSON_TYPE, ['Authorization', `Bearer ${stored}`]], body),
    withOtherVersion: (header) => header.replace('Bearer ', 'Basic '),
  },
];
