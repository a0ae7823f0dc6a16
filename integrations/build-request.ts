// The one door from an action to a request: checks credentials and input, lets the provider build, and refuses
// whatever would leave the connection's own hosts.
import type { OutboundRequest } from '../egress/request.ts';
import type { Problem } from '../engine/errors.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import type { CheckedCredentials, Operation, Provider, RequestContext, WebhookInput } from './provider.ts';
import { Refusal } from './refusal.ts';

/** A rendered queued action. `operation` is the full id, `<provider>.<operation>`. */
export type Call =
  | { kind: 'webhook'; input: WebhookInput }
  | { kind: 'operation'; operation: string; input: Json; idempotent: boolean | null };

/** A request, or why there can be none: a template or configuration error, for good, with nothing sent. */
export type Built =
  | { ok: true; request: OutboundRequest }
  | { ok: false; code: string; message: string; problems: readonly Problem[] };

// RFC 9110, 9.2.2, plus the safe ones: sending these twice is sending them once.
const IDEMPOTENT_METHODS = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/**
 * The request of an action. Codes: `credentials_invalid`, `unknown_operation`, `input_invalid` (with problems, pointers
 * into the input), `host_changed`, and those of the parts: `path_invalid`, `query_invalid`, `method_invalid`,
 * `header_invalid`, `header_not_allowed`, `body_invalid`, `body_not_allowed`. No message repeats a credential.
 */
export function buildRequest(
  provider: Provider,
  call: Call,
  credentials: JsonObject,
  context: RequestContext,
): Built {
  return withCredentials(provider, credentials, (checked) => assemble(provider, call, checked, context));
}

/**
 * Why a connection has no harmless call to be tested with, as a sentence; null when it has one.
 * @param credentials or only which of them are set, masked
 */
export function whyNoTest({ test }: Provider, credentials: JsonObject): string | null {
  if ('unavailable' in test) return test.unavailable;
  const { notWith } = test;
  return notWith !== undefined && Object.hasOwn(credentials, notWith.field) ? notWith.why : null;
}

/** The provider's test call, or `test_unavailable` with the reason. */
export function buildTestRequest(
  provider: Provider,
  credentials: JsonObject,
  context: RequestContext,
): Built {
  const { test } = provider;
  if ('unavailable' in test) return refused('test_unavailable', test.unavailable);
  const why = whyNoTest(provider, credentials);
  if (why !== null) return refused('test_unavailable', why);
  return withCredentials(provider, credentials, (checked) =>
    finish(provider, checked, context, null, () => test.request(checked, context)),
  );
}

/**
 * Whether sending the call again after a 5xx or an unknown outcome cannot do harm: what the action says, else the
 * operation, else the method, else the provider.
 */
export function isSafeToRepeat(provider: Provider, call: Call): boolean {
  if (call.kind === 'operation') {
    return call.idempotent ?? operationOf(provider, call.operation)?.idempotent ?? false;
  }
  const { idempotent, method } = call.input;
  if (idempotent !== null) return idempotent;
  if (IDEMPOTENT_METHODS.has(method.toUpperCase())) return true;
  const { safeToRepeat } = provider;
  return typeof safeToRepeat === 'function' ? safeToRepeat(call.input) : safeToRepeat;
}

/** The provider's operation of that full id, or undefined. */
export function operationOf(
  provider: Provider,
  operation: string,
): Operation<CheckedCredentials> | undefined {
  const prefix = `${provider.id}.`;
  const name = operation.startsWith(prefix) ? operation.slice(prefix.length) : '';
  return Object.hasOwn(provider.operations, name) ? provider.operations[name] : undefined;
}

/** As `buildRequest`, for credentials that are checked already (or masked, in a preview). */
export function assemble(
  provider: Provider,
  call: Call,
  credentials: CheckedCredentials,
  context: RequestContext,
): Built {
  const key = context.idempotencyKey;
  if (call.kind === 'webhook') {
    return finish(provider, credentials, context, key, () =>
      provider.request(call.input, credentials, context),
    );
  }
  const operation = operationOf(provider, call.operation);
  if (operation === undefined) {
    return refused('unknown_operation', `\`${call.operation}\` is not an operation of ${provider.title}.`);
  }
  return finish(provider, credentials, context, key, () => operation.build(call.input, credentials, context));
}

function withCredentials(
  provider: Provider,
  credentials: JsonObject,
  build: (checked: CheckedCredentials) => Built,
): Built {
  const parsed = provider.parseCredentials(credentials);
  if (parsed.ok) return build(parsed.credentials);
  return refused(
    'credentials_invalid',
    `The connection’s credentials do not fit ${provider.title} any more.`,
    parsed.problems,
  );
}

function finish(
  provider: Provider,
  credentials: CheckedCredentials,
  context: RequestContext,
  idempotencyKey: string | null,
  build: () => OutboundRequest | { problems: Problem[] },
): Built {
  let built: OutboundRequest | { problems: Problem[] };
  try {
    built = build();
  } catch (error) {
    if (error instanceof Refusal) return refused(error.code, error.message);
    throw error;
  }
  if ('problems' in built)
    return refused('input_invalid', 'The operation’s input is not valid.', built.problems);

  const url = URL.parse(built.url);
  const stays =
    url !== null &&
    url.username === '' &&
    url.password === '' &&
    provider.origins(credentials).includes(url.origin);
  if (!stays) return refused('host_changed', 'The request would leave the connection’s own host.');

  const headers: Record<string, string> = { ...built.headers, 'user-agent': context.userAgent };
  if (idempotencyKey !== null) headers['idempotency-key'] = idempotencyKey;
  // The URL that was checked is the URL that goes out, not another spelling of it.
  return { ok: true, request: { ...built, url: url.href, headers } };
}

function refused(code: string, message: string, problems: readonly Problem[] = []): Built {
  return { ok: false, code, message, problems };
}
