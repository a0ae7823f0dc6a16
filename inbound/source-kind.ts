// The contract: what Pawl knows of one kind of sender of webhooks. How its signature is checked, what its requests mean
// and how they are answered. Pure: no clock, no database, no network; secrets come as arguments and go nowhere.
import type { z } from 'zod';
import type { Problem } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';

/** A request as it arrived. Nothing of it may be changed on the way: signatures cover the bytes. */
export interface InboundRequest {
  /**
   * The whole URL as the sender addressed it, query included, percent-encoding untouched; behind a proxy that is the
   * public one. Twilio signs it.
   */
  url: string;
  /** One pair for each header line received (`rawHeaders`), never joined: a doubled signature must be seen as two. */
  headers: readonly HeaderLine[];
  body: Uint8Array;
}

export type HeaderLine = readonly [name: string, value: string];

export type Verification = { ok: true } | { ok: false; why: RefusalCode };

/** For the log and the stored attempt. The sender learns none of it: every one of them is the same 401. */
export type RefusalCode =
  | 'no_secret'
  /** A stored secret is not of the form the kind needs. */
  | 'unusable_secret'
  | 'header_missing'
  | 'header_doubled'
  | 'header_malformed'
  | 'timestamp_malformed'
  | 'outside_window'
  /** What the signature covers leaves the body out. */
  | 'body_unsigned'
  | 'signature_mismatch';

export interface InboundEvent {
  /**
   * The same for every attempt of one delivery, different for any other of the same source; 1–200 printable ASCII
   * characters. Where the sender names none it is made from what was signed.
   */
  deliveryId: string;
  /** What triggers select by, e.g. `pull_request.opened`; at most 200 characters, no control characters. */
  type: string;
  /** What a trigger's expressions see. Can be stored as it is: no U+0000, no half surrogates, at most 100 deep. */
  payload: JsonObject;
}

/** What the sender is to get. Owed for every verified request, for a duplicate as well. */
export interface Reply {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export type Reading =
  | { kind: 'events'; events: readonly [InboundEvent, ...InboundEvent[]]; reply: Reply }
  /** Genuine, and nothing to act upon. */
  | { kind: 'ignored'; why: string; reply: Reply }
  /** Genuine, but not what this kind sends: somebody has to mend the settings, so it is worth showing. */
  | { kind: 'unreadable'; why: UnreadableCode; deliveryId: string; reply: Reply };

export type UnreadableCode =
  | 'body_not_utf8'
  | 'body_not_json'
  | 'body_not_an_object'
  | 'body_too_deep'
  | 'event_type_missing'
  /** A mistake of ours, kept from stopping anything else. */
  | 'unexpected';

/** One setting of a source, for the wizard. Settings are not secret. */
export interface ConfigField {
  name: string;
  label: string;
  help: string;
}

/** The one secret of a source: what signatures are checked with. */
export interface SecretField {
  label: string;
  help: string;
  /** Who makes it up: `pawl` (shown once, to be pasted at the vendor), `vendor` (to be pasted here), or either. */
  madeBy: 'pawl' | 'vendor' | 'either';
  /** Where the vendor shows it. */
  link?: string;
  /** A value of the right shape and of nobody. */
  example: string;
}

/** What has to be done at the vendor's side; the wizard shows it filled in. */
export interface Setup {
  link: string;
  /** In order. `{url}` and `{secret}` stand for the source's own. */
  steps: readonly string[];
  /** Event types worth choosing, as `InboundEvent.type` has them. */
  exampleTypes: readonly [string, ...string[]];
}

/** How a vendor that sends everything once is asked for what did not arrive. Pure: requests are made, and answers read. */
export interface Gaps {
  /** Of the connections it can be asked through. */
  provider: string;
  /** What the token of such a connection must be allowed, as a sentence. */
  permission: string;
  /** Milliseconds for which the vendor can send something again. */
  keptMs: number;
  /** Milliseconds after which an attempt is in the list at the latest: the vendor waits for an answer before it lists it. */
  listedWithinMs: number;
  /** The header that tells its webhooks apart, in lower case. */
  hookHeader: string;
  /**
   * Which of the vendor's webhooks a verified request came from, in the form that `list` and `sendAgain` take; null when
   * it does not say.
   */
  hookOf(headers: readonly HeaderLine[], payload: JsonObject): string | null;
  /** What stays of a webhook's name when whom it belongs to is renamed. */
  idOf(hook: string): string;
  /** Asks for a page of what was sent, newest first. @param cursor null: the first page */
  list(hook: string, cursor: string | null): VendorCall;
  /** Throws Unreadable for what is no such page. */
  readList(answer: VendorAnswer): SentPage;
  /** Asks to send one again. */
  sendAgain(hook: string, sent: Sent): VendorCall;
}

export interface VendorCall {
  method: 'GET' | 'POST';
  /** Behind the connection's base. */
  path: string;
  /** Without the question mark. */
  query: string;
}

export interface VendorAnswer {
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

export interface SentPage {
  sent: readonly Sent[];
  /** Of the next page; null: this is the last. */
  cursor: string | null;
}

/** One attempt of the vendor to send a delivery. */
export interface Sent {
  /** Of the attempt, as the vendor writes it. */
  id: string;
  /** As `InboundEvent.deliveryId`: the same in each attempt. */
  deliveryId: string;
  sentAt: Date;
  /** Somebody asked for it: it is not the first of its delivery. */
  isAgain: boolean;
  /** What the vendor was answered; null: it had no answer. */
  status: number | null;
}

export interface Given<C> {
  config: C;
}

export interface GivenToVerify<C> extends Given<C> {
  /** The current secret and, while it is being rotated, the one before: any of them will do. Never empty ones. */
  secrets: readonly string[];
  now: Date;
}

export interface SourceKindSpec<C> {
  id: string;
  title: string;
  docsUrl: string;
  fields: readonly ConfigField[];
  config: z.ZodType<C>;
  secret: SecretField;
  /** What a secret must look like; its messages must never repeat it. Default: 8 to 500 printable ASCII characters. */
  secretSchema?(config: C): z.ZodType<string>;
  /** A new secret out of `SECRET_RANDOM_BYTES` of randomness. Default: hex. */
  makeSecret?(config: C, random: Uint8Array): string;
  setup: Setup;
  /** Sentences for the documentation. */
  explains: {
    signature: string;
    /** Which age of a request is accepted, and what that protects from. */
    window: string;
    deliveryId: string;
    type: string;
    payload: string;
    reply: string;
  };
  /** For a vendor that sends nothing again by itself, and lists what it sent. */
  gaps?: Gaps;
  /** Headers that carry the secret itself, in lower case. Those that are named like a secret or signature are masked anyway. */
  secretHeaders?(config: C): readonly string[];
  /**
   * True when the request is signed with one of the secrets. Throws Refused for anything that is not of the right form;
   * whatever else is thrown counts as a refusal too.
   */
  verify(request: InboundRequest, given: GivenToVerify<C>): boolean;
  /** What a verified request means. Throws Unreadable where it means nothing. A missing reply is an empty 200. */
  read(request: InboundRequest, given: Given<C>): KindReading;
}

/** A Reading before its defaults. */
export type KindReading =
  | { events: readonly [InboundEvent, ...InboundEvent[]]; reply?: Reply }
  | { ignored: string; reply?: Reply };

declare const checked: unique symbol;
/** Settings that went through the kind's own schema; only `parseConfig` makes them. */
export type CheckedConfig = { readonly [checked]: true };

export interface SourceKind
  extends Pick<
    SourceKindSpec<CheckedConfig>,
    'id' | 'title' | 'docsUrl' | 'fields' | 'config' | 'secret' | 'setup' | 'explains'
  > {
  /** null: the vendor sends again by itself, or cannot be asked. */
  gaps: Gaps | null;
  /** Settings as stored or as a client sent them. Pointers begin with `/config`; defaults are filled in. */
  parseConfig(input: unknown): { ok: true; config: CheckedConfig } | { ok: false; problems: Problem[] };
  /** What is wrong with a secret somebody wants to use: nothing, or problems at `/secret`. Never repeats it. */
  checkSecret(config: CheckedConfig, secret: unknown): Problem[];
  /** A new secret out of `SECRET_RANDOM_BYTES` of good randomness; for kinds whose secret `pawl` can make. */
  makeSecret(config: CheckedConfig, random: Uint8Array): string;
  /** Over the raw bytes, in constant time, failing closed; never throws. */
  verify(request: InboundRequest, given: GivenToVerify<CheckedConfig>): Verification;
  /** Only of a request that was verified. Never throws. */
  read(request: InboundRequest, given: Given<CheckedConfig>): Reading;
  /** The header lines as they may be stored and shown: secrets are `***`. */
  maskHeaders(headers: readonly HeaderLine[], config: CheckedConfig): HeaderLine[];
}

export const SECRET_RANDOM_BYTES = 32;
