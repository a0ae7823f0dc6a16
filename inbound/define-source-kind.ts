// Makes a source kind out of its specification: fills the defaults, fails closed, and turns what a kind throws into values.
import { z } from 'zod';
import { problemsOf } from '../integrations/zod-problems.ts';
import { hashId } from './event.ts';
import { maskLines } from './headers.ts';
import { Refused, Unreadable } from './refused.ts';
import {
  type InboundRequest,
  type KindReading,
  type Reading,
  type Reply,
  SECRET_RANDOM_BYTES,
  type SourceKind,
  type SourceKindSpec,
  type Verification,
} from './source-kind.ts';

/** Says yes to every sender that needs no words. */
export const EMPTY_REPLY: Reply = { status: 200, headers: {}, body: '' };

/** Completes a kind. Its settings' type is sealed: outside, they only come from its own schema. */
export function defineSourceKind<C>(spec: SourceKindSpec<C>): SourceKind {
  const { id, title, docsUrl, fields, config, secret, setup, explains } = spec;
  const kind = {
    id,
    title,
    docsUrl,
    fields,
    config,
    secret,
    setup,
    explains,
    gaps: spec.gaps ?? null,
    parseConfig(input: unknown) {
      const parsed = config.safeParse(input);
      if (parsed.success) return { ok: true, config: parsed.data };
      return { ok: false, problems: problemsOf(parsed.error, '/config') };
    },
    checkSecret(settings: C, text: unknown) {
      const parsed = (spec.secretSchema?.(settings) ?? usualSecret).safeParse(text);
      return parsed.success ? [] : problemsOf(parsed.error, '/secret');
    },
    makeSecret(settings: C, random: Uint8Array) {
      if (random.length !== SECRET_RANDOM_BYTES) {
        throw new Error(`a secret is made from ${SECRET_RANDOM_BYTES} random bytes, not ${random.length}`);
      }
      return spec.makeSecret?.(settings, random) ?? Buffer.from(random).toString('hex');
    },
    verify(request: InboundRequest, given: Parameters<typeof spec.verify>[1]): Verification {
      // An empty key signs as well as any other, and everybody knows it.
      const secrets = given.secrets.filter((text) => text !== '');
      if (secrets.length === 0) return { ok: false, why: 'no_secret' };
      try {
        if (spec.verify(request, { ...given, secrets })) return { ok: true };
        return { ok: false, why: 'signature_mismatch' };
      } catch (error) {
        return { ok: false, why: error instanceof Refused ? error.why : 'header_malformed' };
      }
    },
    read(request: InboundRequest, given: Parameters<typeof spec.read>[1]): Reading {
      try {
        return completed(spec.read(request, given));
      } catch (error) {
        const why = error instanceof Unreadable ? error.why : 'unexpected';
        // Not that of the body alone: the same bytes, sent as what they are, are a delivery of their own.
        return { kind: 'unreadable', why, deliveryId: hashId(`${why}\n`, request.body), reply: EMPTY_REPLY };
      }
    },
    maskHeaders: (headers: InboundRequest['headers'], settings: C) =>
      maskLines(headers, spec.secretHeaders?.(settings) ?? []),
  };
  // C is known in the kind's own file only; CheckedConfig stands for it everywhere else.
  return kind as unknown as SourceKind;
}

function completed(reading: KindReading): Reading {
  const reply = reading.reply ?? EMPTY_REPLY;
  return 'events' in reading
    ? { kind: 'events', events: reading.events, reply }
    : { kind: 'ignored', why: reading.ignored, reply };
}

/** Short ones can be guessed by whoever saw one signature; a stray blank or line end is a mistake in pasting. */
export const usualSecret = z
  .string()
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'must be printable ASCII without blanks at its ends')
  .min(8, 'must have 8 characters at least')
  .max(500, 'must have 500 characters at most');
