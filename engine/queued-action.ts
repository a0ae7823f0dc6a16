// One action that the worker fires after the commit, compiled: its templates and `when` parsed, its defaults filled in.
import type {
  HttpMethod,
  IntegrationParams,
  InvokeConfig,
  QueuedActionConfig,
  QueuedActionOptions,
  WebhookParams,
} from './definition.ts';
import { DEFAULT_TIMEOUT_MS, RETRY_DEFAULTS } from './definition.ts';
import { PawlError } from './errors.ts';
import { compileExpression, type Expression } from './expression.ts';
import type { Patterns } from './expression-build.ts';
import type { Json } from './json.ts';
import { childPointer } from './pointer.ts';
import { type CompiledTemplate, compileTemplate, type TemplatePlace } from './template.ts';

export interface QueuedAction {
  /** JSON pointer of the action (or invoke) in the definition. */
  readonly pointer: string;
  readonly actionType: 'WEBHOOK' | 'INTEGRATION';
  readonly name: string | null;
  readonly connectionId: string;
  /** False at firing time: SKIPPED. */
  readonly when: Expression | null;
  readonly continueOnFailure: boolean;
  readonly timeoutMs: number;
  readonly retry: {
    readonly maxAttempts: number;
    readonly initialMs: number;
    readonly factor: number;
    readonly maxMs: number;
  };
  readonly onUnknown: 'park' | 'resend' | null;
  /** null: not said, so the worker decides by method and provider. */
  readonly idempotent: boolean | null;
  /** Dotted paths that `when` and the templates read, each once. */
  readonly variables: readonly string[];
  readonly request: WebhookRequest | OperationRequest;
}

export interface WebhookRequest {
  readonly kind: 'webhook';
  readonly method: HttpMethod;
  readonly path: CompiledTemplate;
  readonly query: CompiledTemplate | null;
  readonly headers: CompiledTemplate | null;
  readonly body: CompiledTemplate | null;
}

export interface OperationRequest {
  readonly kind: 'operation';
  /** `<provider>.<operation>` */
  readonly operation: string;
  readonly input: CompiledTemplate;
}

/** Compiles the action at `pointer`. The definition has been validated, so anything that does not parse is Corrupt. */
export function compileQueuedAction(
  config: QueuedActionConfig,
  pointer: string,
  patterns?: Patterns,
): QueuedAction {
  const at = childPointer(pointer, 'params');
  const [actionType, request] =
    config.action_type === 'WEBHOOK'
      ? (['WEBHOOK', webhook(config.params, at)] as const)
      : (['INTEGRATION', operation(config.params, at)] as const);
  return assemble(config, pointer, actionType, config.params.connection_id, request, patterns);
}

/** Compiles what an `invoke` waits for; see compileQueuedAction. */
export function compileInvoke(config: InvokeConfig, pointer: string): QueuedAction {
  const inputPointer = childPointer(pointer, 'input');
  const { connection_id: connectionId } = config.input;
  return config.src === 'webhook'
    ? assemble(config, pointer, 'WEBHOOK', connectionId, webhook(config.input as WebhookParams, inputPointer))
    : assemble(
        config,
        pointer,
        'INTEGRATION',
        connectionId,
        operation({ ...(config.input as IntegrationParams), operation: config.src }, inputPointer),
      );
}

function assemble(
  options: QueuedActionOptions,
  pointer: string,
  actionType: QueuedAction['actionType'],
  connectionId: string,
  request: QueuedAction['request'],
  patterns?: Patterns,
): QueuedAction {
  const when =
    options.when === undefined ? null : expressionAt(options.when, childPointer(pointer, 'when'), patterns);
  const templates =
    request.kind === 'webhook'
      ? [request.path, request.query, request.headers, request.body]
      : [request.input];
  const variables = new Set([
    ...(when?.variables ?? []),
    ...templates.flatMap((template) => template?.variables ?? []),
  ]);
  const backoff = options.retry?.backoff;
  return {
    pointer,
    actionType,
    name: options.name ?? null,
    connectionId,
    when,
    continueOnFailure: options.continue_on_failure ?? false,
    timeoutMs: options.timeout_ms ?? DEFAULT_TIMEOUT_MS,
    retry: {
      maxAttempts: options.retry?.max_attempts ?? RETRY_DEFAULTS.maxAttempts,
      initialMs: backoff?.initial_ms ?? RETRY_DEFAULTS.initialMs,
      factor: backoff?.factor ?? RETRY_DEFAULTS.factor,
      maxMs: backoff?.max_ms ?? RETRY_DEFAULTS.maxMs,
    },
    onUnknown: options.on_unknown ?? null,
    idempotent: options.idempotent ?? null,
    variables: [...variables],
    request,
  };
}

function webhook(params: WebhookParams, pointer: string): WebhookRequest {
  const optional = (key: 'query' | 'headers' | 'body', place: TemplatePlace): CompiledTemplate | null => {
    const value = params[key];
    return value === undefined ? null : templateAt(value, place, childPointer(pointer, key));
  };
  return {
    kind: 'webhook',
    method: params.method ?? 'POST',
    path: templateAt(params.path, 'path', childPointer(pointer, 'path')),
    query: optional('query', 'query'),
    headers: optional('headers', 'header'),
    body: optional('body', 'json'),
  };
}

function operation(params: IntegrationParams, pointer: string): OperationRequest {
  return {
    kind: 'operation',
    operation: params.operation,
    input: templateAt(params.input ?? {}, 'json', childPointer(pointer, 'input')),
  };
}

function templateAt(value: Json, place: TemplatePlace, pointer: string): CompiledTemplate {
  const compiled = compileTemplate(value, place);
  if (compiled.ok) return compiled.template;
  throw notValidated(pointer, compiled.problems.map((problem) => problem.message).join('; '));
}

/** The expression at a pointer of a validated definition. */
export function expressionAt(source: string, pointer: string, patterns?: Patterns): Expression {
  const compiled = compileExpression(source, patterns);
  if (compiled.ok) return compiled.expression;
  throw notValidated(pointer, compiled.message);
}

function notValidated(pointer: string, message: string): PawlError {
  return new PawlError('Corrupt', 'definition_not_valid', `The definition does not compile: ${message}`, {
    problems: [{ pointer, code: 'definition_not_valid', message, severity: 'error' }],
  });
}
