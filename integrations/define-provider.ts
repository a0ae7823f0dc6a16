// Makes a provider out of its specification: fills the defaults and seals the types only its own file knows.
import type { z } from 'zod';
import type { OutboundRequest } from '../egress/request.ts';
import type { Json } from '../engine/json.ts';
import { judgeStatus } from './judge-status.ts';
import type { Operation, Provider, ProviderSpec, RequestContext } from './provider.ts';
import { retryAfterHeader } from './retry-after.ts';
import { problemsOf } from './zod-problems.ts';

/** Completes a provider with the defaults. Its credentials' type is sealed: outside, they only come from its own schema. */
export function defineProvider<C>(spec: ProviderSpec<C>): Provider {
  const provider = {
    safeToRepeat: false,
    judge: judgeStatus,
    rateLimit: retryAfterHeader,
    ...spec,
    parseCredentials(input: unknown) {
      const parsed = spec.credentials.safeParse(input);
      if (parsed.success) return { ok: true, credentials: parsed.data };
      return { ok: false, problems: problemsOf(parsed.error, '/credentials') };
    },
  };
  // C is known in the provider's own file only; CheckedCredentials stands for it everywhere else.
  return provider as unknown as Provider;
}

/** Ties an operation's input schema to the type its `request` receives. */
export function defineOperation<S extends z.ZodType, C>(spec: {
  title: string;
  help: string;
  input: S;
  idempotent?: boolean;
  example?: z.input<S>;
  request(input: z.output<S>, credentials: C, context: RequestContext): OutboundRequest;
}): Operation<C> {
  return {
    title: spec.title,
    help: spec.help,
    input: spec.input,
    idempotent: spec.idempotent ?? false,
    // What a schema takes in is JSON, as it comes from a definition; zod's types cannot say so.
    ...(spec.example === undefined ? {} : { example: spec.example as Json }),
    build(input, credentials, context) {
      const parsed = spec.input.safeParse(input);
      if (!parsed.success) return { problems: problemsOf(parsed.error, '') };
      return spec.request(parsed.data, credentials, context);
    },
  };
}
