// The fields of a subscription: what it waits for, and what it says to whom.
import { Group, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ApiProblem } from '../../api/problem.ts';
import { connectionsQuery, providersQuery } from '../../api/queries.ts';
import { LazyCelField, scopeOf } from '../../code/lazy-cel-field.tsx';
import { InlineCode } from '../../elements/inline-code.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { endpointsQuery, scopesQuery } from '../integration-requests.ts';
import { flatScopes, scopeChoices } from '../scopes/flat-scopes.ts';
import { TRIGGER_KINDS, type Trigger } from './spoken-trigger.ts';
import { messageFor, readMessage, type SubscriptionDraft, WEBHOOK } from './subscription-draft.ts';

const CODE = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8rem' } };

/** What a workflow keeps in its context is not known here. */
const SCOPE = scopeOf({
  job: ['id', 'current_state', 'revision', 'parent_id', 'key', 'created_at', 'status'],
  context: [],
  event: ['type', 'payload'],
  transition: ['id', 'from', 'to', 'seq', 'at'],
  tenant: ['id', 'name'],
  workflow: ['id', 'name', 'version'],
});

interface Props {
  draft: SubscriptionDraft;
  isNew: boolean;
  problem: ApiProblem | null;
  readOnly: boolean;
  onChange(draft: SubscriptionDraft): void;
}

export function SubscriptionForm(props: Props) {
  return (
    <Stack>
      {props.problem && <ProblemNote error={props.problem} />}
      <Demand {...props} />
      <Message {...props} />
    </Stack>
  );
}

function Demand({ draft, isNew, problem, readOnly, onChange }: Props) {
  const { data: scopes } = useQuery(scopesQuery);
  const set = (change: Partial<SubscriptionDraft>) => onChange({ ...draft, ...change });
  const field = (name: 'state' | 'from' | 'to' | 'event' | 'action', label: string, placeholder: string) => (
    <TextInput
      key={name}
      label={label}
      placeholder={placeholder}
      value={draft[name]}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
      readOnly={readOnly || !isNew}
      spellCheck={false}
    />
  );
  return (
    <Panel title="When">
      <Stack gap="sm">
        <TextInput
          readOnly={readOnly}
          label="Name"
          placeholder="failures of the shop"
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          data-autofocus
        />
        <Select
          readOnly={readOnly}
          label="Where"
          description="It and all that is in it."
          data={scopeChoices(scopes ? flatScopes(scopes) : [])}
          value={draft.scope}
          onChange={(scope) => set({ scope: scope ?? '' })}
          allowDeselect={false}
          searchable
        />
        <Select
          label="What happens"
          description={isNew ? undefined : 'It stays as it is: to wait for something else, subscribe anew.'}
          data={[...TRIGGER_KINDS]}
          value={draft.kind}
          onChange={(kind) => set({ kind: kind as Trigger['kind'] })}
          allowDeselect={false}
          readOnly={readOnly || !isNew}
        />
        {draft.kind === 'state_entered' && field('state', 'State', 'review.legal')}
        {draft.kind === 'milestone_reached' && field('state', 'State', 'Any milestone')}
        {draft.kind === 'transition_taken' && (
          <Group grow gap="xs">
            {field('from', 'From', 'Any state')}
            {field('to', 'To', 'Any state')}
            {field('event', 'Event', 'Any event')}
          </Group>
        )}
        {draft.kind === 'action_failed' && field('action', 'Action', 'Any action')}
        <LazyCelField
          readOnly={readOnly}
          label="Filter"
          description="CEL over `job`, `context`, `event`, `transition`, `tenant`, `workflow`. Empty: always."
          placeholder="has(context.amount) && context.amount > 1000"
          value={draft.filter}
          onChange={(filter) => set({ filter })}
          scope={SCOPE}
          error={problem?.problems.find(({ pointer }) => pointer === '/filter')?.message}
        />
      </Stack>
    </Panel>
  );
}

function Message({ draft, problem, readOnly, onChange }: Props) {
  const { data: connections } = useQuery(connectionsQuery);
  const { data: endpoints } = useQuery(endpointsQuery);
  const { data: providers } = useQuery(providersQuery);
  const [kind, id] = draft.target.split(':');
  const providerOf = (connection: string | undefined) => {
    const of = connections?.find((one) => one.id === connection)?.provider;
    return providers?.find((one) => one.id === of);
  };
  const provider = kind === 'connection' ? providerOf(id) : undefined;
  const said = readMessage(draft.message);

  function pick(target: string) {
    const next = providerOf(target.split(':')[1]);
    const operation = next?.operations[0]?.id ?? WEBHOOK;
    onChange({ ...draft, target, operation, message: messageFor(target, operation, next) });
  }

  return (
    <Panel title="Then tell">
      <Stack gap="sm">
        <Select
          readOnly={readOnly}
          label="Whom"
          description="A connection tells only where it is supplied. An endpoint is a URL of a consumer, signed."
          placeholder="Pick a connection or an endpoint"
          data={[
            {
              group: 'Connections',
              items: (connections ?? []).map(({ id: value, connection_name: label }) => ({
                value: `connection:${value}`,
                label,
              })),
            },
            {
              group: 'Endpoints',
              items: (endpoints ?? []).map(({ id: value, url }) => ({
                value: `endpoint:${value}`,
                label: url,
              })),
            },
          ]}
          value={draft.target || null}
          onChange={(target) => target !== null && pick(target)}
          error={problem?.problems.find(({ pointer }) => pointer.endsWith('_id'))?.message}
          allowDeselect={false}
          searchable
        />
        {kind === 'connection' && provider && provider.operations.length > 0 && (
          <Select
            readOnly={readOnly}
            label="By"
            data={[
              ...provider.operations.map(({ id: value, title }) => ({ value, label: title })),
              { value: WEBHOOK, label: 'A request of your own' },
            ]}
            value={draft.operation}
            onChange={(operation) =>
              operation !== null &&
              onChange({ ...draft, operation, message: messageFor(draft.target, operation, provider) })
            }
            allowDeselect={false}
          />
        )}
        {draft.target !== '' && (
          <Textarea
            readOnly={readOnly}
            label="Message"
            description={
              <InlineCode
                text={
                  kind === 'endpoint'
                    ? 'JSON of templates. Empty: `type`, `timestamp`, and `data` with job, workflow and transition.'
                    : 'JSON of templates, such as `<<job.key>>`, `<<context.amount>>`, `<<event.type>>`.'
                }
              />
            }
            value={draft.message}
            onChange={(event) => onChange({ ...draft, message: event.currentTarget.value })}
            error={
              said.ok
                ? problem?.problems.find(({ pointer }) =>
                    /^\/(?:action\/params|endpoint)\/(?!.*_id$)/.test(pointer),
                  )?.message
                : said.message
            }
            styles={CODE}
            autosize
            minRows={4}
            maxRows={18}
            spellCheck={false}
          />
        )}
      </Stack>
    </Panel>
  );
}
