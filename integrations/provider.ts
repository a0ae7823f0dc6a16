// The contract: what Pawl knows of one kind of external system. A provider is data and pure functions; it opens no
// connection, reads no clock and sees plaintext credentials only as an argument.
import type { z } from 'zod';
import type { Answered, OutboundRequest } from '../egress/request.ts';
import type { Problem } from '../engine/errors.ts';
import type { Json } from '../engine/json.ts';

/** One input of the wizard. A field whose name contains token, secret, key or password is secret whatever it says. */
export interface Field {
  name: string;
  label: string;
  help: string;
  secret: boolean;
  /** Where the customer finds the value. */
  link?: string;
  optional?: boolean;
  default?: string;
  /** A value of the right shape and of nobody, for the documentation and for tests. */
  example?: string;
  /** What a preview shows for a secret that must look like something, e.g. a webhook URL. `***` when left out. */
  masked?: string;
}

/** A rendered WEBHOOK action: no part of it holds a template any more. */
export interface WebhookInput {
  method: string;
  /** Percent-encoded, relative to the provider's base; may carry a query of its own. Empty or starting with `/`. */
  path: string;
  /** Percent-encoded `name=value&…` as the engine renders it, without a question mark; empty for none. */
  query: string;
  headers: Readonly<Record<string, string>>;
  /** Absent: no body at all. A string is sent as it stands, anything else as JSON (or a form, where that is asked). */
  body?: Json | undefined;
  /** What the action says of itself; null when it says nothing. */
  idempotent: boolean | null;
}

/** What a request may depend on beside input and credentials. */
export interface RequestContext {
  now: Date;
  /** The action run's id: the same on every attempt. */
  idempotencyKey: string;
  userAgent: string;
}

/** What a provider judges by. Never whether something went out: an answer came. */
export type Answer = Pick<Answered, 'status' | 'headers' | 'body'>;

export interface JudgeContext {
  now: Date;
  /** From `safeToRepeat` of the call: may a 5xx be sent again? */
  safeToRepeat: boolean;
  /** The operation's full id, or null for a plain WEBHOOK. */
  operation: string | null;
}

export type Verdict =
  | {
      outcome: 'succeeded';
      /** What `actions.<name>.response.body` shall be, where that is not simply the body. */
      output?: Json;
      /** The receiver's own id of what it made. */
      messageId?: string;
    }
  | {
      outcome: 'failed';
      retry: boolean;
      /** Milliseconds to wait at least, at most one hour. */
      retryAfterMs?: number;
      /** May quote a word of the receiver's, as `message` may: scrub both like the body. */
      code: string;
      /** A sentence. */
      message: string;
      /** The credential was refused: show it on the connection. */
      flagConnection?: boolean;
    };

export interface TestReport {
  ok: boolean;
  code: string;
  /** A sentence; may quote the receiver, so scrub it like the body. */
  message: string;
}

export type ConnectionTest<C> =
  | {
      request(credentials: C, context: RequestContext): OutboundRequest;
      describe(answer: Answer): TestReport;
      /** A credential with which there is no harmless call after all, and why, as a sentence for the customer. */
      notWith?: { field: keyof C & string; why: string };
    }
  /** Why there is no harmless call to make, as a sentence for the customer. */
  | { unavailable: string };

export interface Limits {
  /** Requests in flight for one connection. */
  concurrency: number;
  perSecond?: number;
  burst?: number;
}

/** A typed call: the input is checked by `input` before `request` sees it. */
export interface Operation<C> {
  title: string;
  help: string;
  input: z.ZodType;
  /** Whether sending it twice has the effect of sending it once. */
  idempotent: boolean;
  /** An input that `input` accepts, for the documentation and for tests. */
  example?: Json;
  build(input: Json, credentials: C, context: RequestContext): OutboundRequest | { problems: Problem[] };
}

export interface ProviderSpec<C> {
  id: string;
  title: string;
  docsUrl: string;
  fields: readonly Field[];
  /** The credentials as stored. Its messages must never repeat a value. */
  credentials: z.ZodType<C>;
  /** Every origin a request may go to; the first is what the stored credential is bound to. */
  origins(credentials: C): readonly [string, ...string[]];
  request(input: WebhookInput, credentials: C, context: RequestContext): OutboundRequest;
  /** For whoever writes a WEBHOOK action: what `path` is relative to and what Pawl adds, with an example of one. */
  webhook?: { help: string; example: Partial<WebhookInput> };
  /** By short name: `send_message` is `twilio.send_message`. */
  operations: Readonly<Record<string, Operation<C>>>;
  /**
   * Whether a POST or PATCH that got a 5xx may be sent again when the action does not say. A function where that
   * depends on what is posted; it must not throw. Default false.
   */
  safeToRepeat?: boolean | ((input: WebhookInput) => boolean);
  /** Default: by status alone. */
  judge?(answer: Answer, context: JudgeContext): Verdict;
  /** Milliseconds this connection should rest (0…1 h), or null. Asked of every answer. Default: `Retry-After` of 429 and 503. */
  rateLimit?(answer: Answer, now: Date): number | null;
  test: ConnectionTest<C>;
  limits: Limits;
}

declare const checked: unique symbol;
/** Credentials that went through the provider's own schema; only `parseCredentials` makes them. */
export type CheckedCredentials = { readonly [checked]: true };

export interface Provider extends Required<Omit<ProviderSpec<CheckedCredentials>, 'webhook'>> {
  webhook?: ProviderSpec<CheckedCredentials>['webhook'];
  parseCredentials(
    input: unknown,
  ): { ok: true; credentials: CheckedCredentials } | { ok: false; problems: Problem[] };
}
