// What a document may be: its kinds, and the form of each. Names stand for everything that has an id; what the API asks of
// names and values is asked here by the same schemas, so that no plan holds what it would refuse.
import { z } from 'zod';
import { CONNECTION_ROLES, ORGANISATION_ROLES } from '../api/auth/principal.ts';
import { name, principalId } from '../api/inputs/names.ts';
import { SUBSCRIPTION_TRIGGERS } from '../api/inputs/subscription.ts';
import { eventTypes, expression, jobEventType, position, template } from '../api/inputs/trigger.ts';
import { workflowDescription, workflowName } from '../api/inputs/workflow.ts';
import { isJsonObject, type Json, type JsonObject } from '../engine/json.ts';
import { readScopePath, SCOPE_DEPTH_MAX, type ScopePath } from './scope-path.ts';

/** In the order in which they are made: each needs only what stands before it. */
export const KINDS = [
  'Scope',
  'Workflow',
  'Supply',
  'Trigger',
  'Subscription',
  'Group',
  'RoleAssignment',
] as const;
export type Kind = (typeof KINDS)[number];

const json = z.custom<Json>((value) => value !== undefined, { error: 'is required' });
const jsonObject = z.custom<JsonObject>(isJsonObject, { error: 'must be an object' });

const scopePath = z
  .union([z.string(), z.array(z.string())], {
    error: 'must be a path such as shop/orders, or a list of names',
  })
  .transform((written): ScopePath => readScopePath(written))
  .refine((path) => path.length <= SCOPE_DEPTH_MAX && path.every((part) => part !== ''), {
    error:
      'must name a stack, then perhaps a namespace in it, then perhaps a module in that: shop/orders/billing',
  })
  .superRefine((path, context) => {
    const [issue] = path.flatMap((part) => name.safeParse(part).error?.issues ?? []);
    if (issue)
      context.addIssue({ code: 'custom', message: `holds a name that cannot be one: ${issue.message}` });
  });
const modulePath = scopePath.refine((path) => path.length === SCOPE_DEPTH_MAX, {
  error: 'must be a module, as workflows belong to modules: stack/namespace/module',
});

const workflowSpec = z.strictObject({
  description: workflowDescription.default(''),
  scope: modulePath.nullable().default(null),
  definition: jsonObject.optional(),
  /** Whether the definition is to be the published one, or just the latest. */
  publish: z.boolean().default(true),
  archived: z.boolean().default(false),
});

const supplySpec = z
  .strictObject({ connection: name, scope: scopePath.optional(), everywhere: z.literal(true).optional() })
  .refine(({ scope, everywhere }) => (scope === undefined) !== (everywhere === undefined), {
    error: 'needs either a scope or `everywhere: true`',
  });

const subscriptionSpec = z
  .strictObject({
    scope: scopePath.nullable().default(null),
    trigger: z.discriminatedUnion('kind', SUBSCRIPTION_TRIGGERS),
    filter: expression.nullable().default(null),
    action: jsonObject.optional(),
    endpoint: z
      .strictObject({
        /** Its description, or its address. */
        name: z.string().min(1).max(2_000),
        body: json.optional(),
        retry: jsonObject.optional(),
        timeout_ms: z.int().optional(),
      })
      .optional(),
    enabled: z.boolean().default(true),
  })
  .refine(({ action, endpoint }) => (action === undefined) !== (endpoint === undefined), {
    error: 'needs either an action or an endpoint',
  });

const templates = z.union([jsonObject, template], {
  error: 'must be an object of templates, or one template',
});
/** Its name; or its id, where it was written before there was a name to write. */
const workflowRef = name;
const triggerSpec = z.strictObject({
  source: name,
  event_types: eventTypes,
  filter: expression.nullable().default(null),
  action: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('start_job'),
      workflow: workflowRef,
      input: templates.optional(),
      key: expression.optional(),
    }),
    z.strictObject({
      type: z.literal('send_event'),
      workflow: workflowRef.optional(),
      key: expression,
      event_type: jobEventType,
      payload: templates.optional(),
    }),
  ]),
  enabled: z.boolean().default(true),
  /** Left out: as it is; a new one comes last. */
  position: position.optional(),
});

const email = z
  .string()
  .trim()
  .toLowerCase()
  .min(3)
  .regex(/^[^\s@]+@[^\s@]+$/, { error: 'must be an e-mail address' });
const oneOf = (names: readonly string[]) => ({
  check: (given: object) => names.filter((one) => Object.hasOwn(given, one)).length === 1,
  error: `needs exactly one of ${names.join(', ')}`,
});

const memberNames = ['user', 'group', 'subject'] as const;
const oneMember = oneOf(memberNames);
const member = z
  .strictObject({ user: email.optional(), group: name.optional(), subject: principalId.optional() })
  .refine(oneMember.check, { error: oneMember.error });

/** Left out, the members stay as they are; given, they are all of them. */
const groupSpec = z.strictObject({ members: z.array(member).max(1_000).optional() });

const principalNames = ['user', 'group', 'api_key', 'subject', 'token_group'] as const;
const onePrincipal = oneOf(principalNames);
const roleAssignmentSpec = z
  .strictObject({
    user: email.optional(),
    group: name.optional(),
    api_key: name.optional(),
    /** The `sub` of a user's token, and a name in a token's groups: nothing here knows them. */
    subject: principalId.optional(),
    token_group: principalId.optional(),
    role: z.string(),
    connection: name.optional(),
  })
  .refine(onePrincipal.check, { error: onePrincipal.error })
  .superRefine(({ role, connection }, context) => {
    const fitting: readonly string[] = connection === undefined ? ORGANISATION_ROLES : CONNECTION_ROLES;
    if (fitting.includes(role)) return;
    const where = connection === undefined ? 'in the organisation' : 'on a connection';
    context.addIssue({
      code: 'custom',
      path: ['role'],
      message: `must be a role ${where}: ${fitting.join(', ')}`,
    });
  });

const there = { absent: z.literal(false).optional() };
const gone = { absent: z.literal(true) };
const named = <K extends Kind, S extends z.ZodType>(kind: K, spec: S) =>
  z.strictObject({ kind: z.literal(kind), name, spec, ...there });
const unnamed = <K extends Kind, S extends z.ZodType>(kind: K, spec: S) =>
  z.strictObject({ kind: z.literal(kind), spec, ...there });
const goneByName = <K extends Kind>(kind: K) => z.strictObject({ kind: z.literal(kind), name, ...gone });
const goneBySpec = <K extends Kind, S extends z.ZodType>(kind: K, spec: S) =>
  z.strictObject({ kind: z.literal(kind), spec, ...gone });

const DOCUMENTS = {
  Scope: z.strictObject({ kind: z.literal('Scope'), name: scopePath, ...there }),
  Workflow: z.strictObject({ kind: z.literal('Workflow'), name: workflowName, spec: workflowSpec, ...there }),
  Supply: unnamed('Supply', supplySpec),
  Trigger: named('Trigger', triggerSpec),
  Subscription: named('Subscription', subscriptionSpec),
  Group: z.strictObject({ kind: z.literal('Group'), name, spec: groupSpec.default({}), ...there }),
  RoleAssignment: unnamed('RoleAssignment', roleAssignmentSpec),
} satisfies Record<Kind, z.ZodType>;

const GONE_DOCUMENTS = {
  Scope: z.strictObject({ kind: z.literal('Scope'), name: scopePath, ...gone }),
  Workflow: goneByName('Workflow'),
  Supply: goneBySpec('Supply', supplySpec),
  Trigger: z.strictObject({
    kind: z.literal('Trigger'),
    name,
    spec: z.strictObject({ source: name }),
    ...gone,
  }),
  Subscription: goneByName('Subscription'),
  Group: goneByName('Group'),
  RoleAssignment: goneBySpec('RoleAssignment', roleAssignmentSpec),
} satisfies Record<Kind, z.ZodType>;

export type PresentDocument = { [K in Kind]: z.infer<(typeof DOCUMENTS)[K]> }[Kind];
export type GoneDocument = { [K in Kind]: z.infer<(typeof GONE_DOCUMENTS)[K]> }[Kind];
export type DeclaredDocument = PresentDocument | GoneDocument;
export type DocumentOf<K extends Kind> = Extract<PresentDocument, { kind: K }>;
export type Member = z.infer<typeof member>;

export const isKind = (value: unknown): value is Kind => KINDS.includes(value as Kind);

/** What the document says, with what it leaves out filled in. `absent: true` asks for what tells the object alone. */
export function parseDocument(
  kind: Kind,
  value: JsonObject,
): { ok: true; document: DeclaredDocument } | { ok: false; error: z.ZodError } {
  const schema: z.ZodType<DeclaredDocument> = value.absent === true ? GONE_DOCUMENTS[kind] : DOCUMENTS[kind];
  const parsed = schema.safeParse(value);
  return parsed.success ? { ok: true, document: parsed.data } : { ok: false, error: parsed.error };
}
