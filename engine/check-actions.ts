// What can be wrong inside guards and actions: expressions, templates, and what they refer to.
import { checkReads, mentionedNames, type NamedAction, type Read } from './check-variables.ts';
import type {
  Definition,
  IntegrationParams,
  QueuedActionOptions,
  StartJobAction,
  WebhookParams,
} from './definition.ts';
import type { Problem } from './errors.ts';
import { compileExpression } from './expression.ts';
import type { Json } from './json.ts';
import { MAX_PATTERN_STEPS, TOO_LONG_TO_COMPILE } from './pattern.ts';
import { childPointer } from './pointer.ts';
import type { Report } from './problem-list.ts';
import { setterOf } from './settable-headers.ts';
import type { Invocation, PlacedAction, StateInfo, StateTree } from './state-tree.ts';
import { compileTemplate, type TemplatePlace } from './template.ts';

/** What the tenant has that a definition may name. */
export interface References {
  /** By id. */
  connections: ReadonlyMap<string, { provider: string; enabled: boolean }>;
  /** By name. */
  workflows: ReadonlySet<string>;
  /** By `<provider>.<operation>`; `check` gives problems whose pointers begin at the input. */
  operations: ReadonlyMap<string, { check(input: Json): Problem[] }>;
}

/** `written` is the document as it came, for the names of actions in parts of it that could not be read. */
export function checkActions(
  tree: StateTree,
  definition: Definition,
  written: unknown,
  references: References | undefined,
  report: Report,
): void {
  const check = createActionCheck(references, report);
  for (const state of tree.states) {
    check.list(state.entry, state, state);
    check.list(state.exit, state, state);
    for (const invocation of state.invocations) check.invocation(invocation, state);
    for (const { config, pointer, actions, target } of state.transitions) {
      const at = childPointer(pointer, 'guard');
      if (config.guard !== undefined)
        check.expression(config.guard, at, { side: 'transition', state, earlier: [] });
      check.list(actions, state, target ?? state);
    }
  }
  checkReads(tree, definition, check.reads, check.named, mentionedNames(written), report);
}

type Place = Pick<Read, 'side' | 'state' | 'earlier'>;

function createActionCheck(references: References | undefined, report: Report) {
  const reads: Read[] = [];
  const named: NamedAction[] = [];
  const nameAt = new Map<string, string>();
  let patternSteps = 0;

  const expression = (source: string, pointer: string, place: Place): void => {
    if (patternSteps > MAX_PATTERN_STEPS) return;
    const compiled = compileExpression(source);
    if (compiled.ok) {
      patternSteps += compiled.expression.patternSteps;
      if (patternSteps > MAX_PATTERN_STEPS) {
        report.error(pointer, 'bad_expression', TOO_LONG_TO_COMPILE);
      }
      reads.push({ pointer, variables: compiled.expression.variables, ...place });
      return;
    }
    // One after the other would take as long again.
    if (compiled.message === TOO_LONG_TO_COMPILE) patternSteps = Number.POSITIVE_INFINITY;
    const where = compiled.position === undefined ? '' : ` (at character ${compiled.position + 1})`;
    report.error(pointer, 'bad_expression', `${compiled.message}${where}`);
  };
  const expressions = (sources: Record<string, string> | undefined, pointer: string, place: Place): void => {
    for (const [key, source] of Object.entries(sources ?? {}))
      expression(source, childPointer(pointer, key), place);
  };
  const template = (value: Json | undefined, kind: TemplatePlace, pointer: string, place: Place): void => {
    if (value === undefined) return;
    const compiled = compileTemplate(value, kind);
    if (!compiled.ok) forward(compiled.problems, pointer, report);
    // String by string, so that what is wrong with a variable points to it, and one bad string does not hide the rest.
    for (const [text, at] of textsOf(value, pointer)) {
      const alone = compileTemplate(text, 'json');
      if (alone.ok) reads.push({ pointer: at, variables: alone.template.variables, ...place });
    }
  };

  const options = (config: QueuedActionOptions, pointer: string, after: StateInfo, place: Place): void => {
    const { name, when } = config;
    if (when !== undefined) expression(when, childPointer(pointer, 'when'), place);
    if (name === undefined) return;
    const first = nameAt.get(name);
    if (first !== undefined) {
      report.error(childPointer(pointer, 'name'), 'duplicate_name', `${first} has the name "${name}" too`);
    }
    nameAt.set(name, first ?? pointer);
    named.push({ name, after });
  };
  const webhook = (params: WebhookParams, pointer: string, place: Place): void => {
    checkConnection(params.connection_id, null, pointer, references, report);
    checkWebhook(params, pointer, report);
    template(params.path, 'path', childPointer(pointer, 'path'), place);
    template(params.query, 'query', childPointer(pointer, 'query'), place);
    template(params.headers, 'header', childPointer(pointer, 'headers'), place);
    template(params.body, 'json', childPointer(pointer, 'body'), place);
  };
  const integration = (params: IntegrationParams, pointer: string, at: string, place: Place): void => {
    checkConnection(params.connection_id, params.operation, pointer, references, report);
    const inputPointer = childPointer(pointer, 'input');
    template(params.input, 'json', inputPointer, place);
    if (references === undefined) return;
    const operation = references.operations.get(params.operation);
    if (operation === undefined) {
      report.error(at, 'unknown_operation', `there is no operation "${params.operation}"`);
    } else {
      forward(operation.check(params.input ?? {}), inputPointer, report);
    }
  };

  const one = (
    { action, pointer }: PlacedAction,
    state: StateInfo,
    after: StateInfo,
    earlier: string[],
  ): void => {
    const params = childPointer(pointer, 'params');
    const inside: Place = { side: 'transition', state, earlier: [] };
    const later: Place = { side: 'worker', state, earlier: [...earlier] };
    switch (action.action_type) {
      case 'WEBHOOK':
        webhook(action.params, params, later);
        options(action, pointer, after, later);
        break;
      case 'INTEGRATION':
        integration(action.params, params, childPointer(params, 'operation'), later);
        options(action, pointer, after, later);
        break;
      case 'ASSIGN':
        expressions(action.params, params, inside);
        break;
      case 'RAISE':
        expressions(action.params.payload, childPointer(params, 'payload'), inside);
        break;
      case 'SEND_EVENT':
        expression(action.params.job_id, childPointer(params, 'job_id'), inside);
        expressions(action.params.payload, childPointer(params, 'payload'), inside);
        break;
      case 'START_JOB':
        checkWorkflow(action.params, params, references, report);
        if (action.params.key !== undefined)
          expression(action.params.key, childPointer(params, 'key'), inside);
        expressions(action.params.input, childPointer(params, 'input'), inside);
        break;
    }
  };

  return {
    reads,
    named,
    expression,
    list(actions: readonly PlacedAction[], state: StateInfo, after: StateInfo): void {
      const earlier: string[] = [];
      for (const placed of actions) {
        one(placed, state, after, earlier);
        if ('name' in placed.action && placed.action.name !== undefined) earlier.push(placed.action.name);
      }
    },
    invocation({ config, pointer }: Invocation, state: StateInfo): void {
      const names = state.entry.flatMap(({ action }) =>
        'name' in action && action.name !== undefined ? [action.name] : [],
      );
      const place: Place = { side: 'worker', state, earlier: names };
      const input = childPointer(pointer, 'input');
      if (config.src === 'webhook') webhook(config.input as WebhookParams, input, place);
      else {
        const params = { ...(config.input as IntegrationParams), operation: config.src };
        integration(params, input, childPointer(pointer, 'src'), place);
      }
      options(config, pointer, state, place);
    },
  };
}

function checkConnection(
  id: string,
  operation: string | null,
  pointer: string,
  references: References | undefined,
  report: Report,
): void {
  if (references === undefined) return;
  const connection = references.connections.get(id);
  const at = childPointer(pointer, 'connection_id');
  if (connection === undefined) {
    report.error(at, 'unknown_connection', `there is no connection "${id}"`);
    return;
  }
  if (!connection.enabled) report.error(at, 'disabled_connection', `the connection "${id}" is disabled`);
  if (operation !== null && operation.split('.', 1)[0] !== connection.provider) {
    report.error(
      at,
      'wrong_provider',
      `the connection is of ${connection.provider}, the operation is ${operation}`,
    );
  }
}

function checkWorkflow(
  { workflow }: StartJobAction['params'],
  pointer: string,
  references: References | undefined,
  report: Report,
): void {
  if (references === undefined || references.workflows.has(workflow)) return;
  report.error(childPointer(pointer, 'workflow'), 'unknown_workflow', `there is no workflow "${workflow}"`);
}

function checkWebhook(params: WebhookParams, pointer: string, report: Report): void {
  const { path, method = 'POST', body, headers } = params;
  const at = childPointer(pointer, 'path');
  if (path !== '' && !path.startsWith('/')) {
    report.error(at, 'bad_path', 'a path begins with "/"; what stands before it comes from the connection');
  } else if (path.startsWith('//')) {
    report.error(at, 'bad_path', 'a path does not begin with "//": that would name another host');
  }
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    report.error(
      childPointer(pointer, 'body'),
      'body_on_get',
      `a ${method} request carries no body; say it in "query", or choose another method`,
    );
  }
  checkHeaderNames(Object.keys(headers ?? {}), childPointer(pointer, 'headers'), report);
}

const WHY_FORBIDDEN = {
  pawl: 'is set by Pawl for every request; leave it out',
  connection: 'holds a credential, which belongs in the connection; leave it out',
} as const;

function checkHeaderNames(names: readonly string[], pointer: string, report: Report): void {
  const seen = new Set<string>();
  for (const name of names) {
    const at = childPointer(pointer, name);
    const setter = setterOf(name);
    if (setter !== null) report.error(at, 'forbidden_header', `"${name}" ${WHY_FORBIDDEN[setter]}`);
    const key = name.toLowerCase();
    if (seen.has(key))
      report.error(at, 'duplicate_header', `"${name}" is given twice: case makes no difference`);
    seen.add(key);
  }
}

function* textsOf(value: Json, pointer: string): Generator<[string, string]> {
  if (typeof value === 'string') yield [value, pointer];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* textsOf(inner, childPointer(pointer, key));
}

function forward(problems: readonly Problem[], pointer: string, report: Report): void {
  for (const problem of problems) {
    const tell = problem.severity === 'error' ? report.error : report.warning;
    tell(`${pointer}${problem.pointer}`, problem.code, problem.message);
  }
}
