// The fields of a trigger: when it acts, and what it then does.
import { SegmentedControl, Select, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Resource } from '../../api/client.ts';
import type { ApiProblem } from '../../api/problem.ts';
import { workflowsQuery } from '../../api/queries.ts';
import { LazyCelField, scopeOf } from '../../code/lazy-cel-field.tsx';
import { InlineCode } from '../../elements/inline-code.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { readData, type TriggerDraft } from './trigger-draft.ts';

const CODE = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8rem' } };

/** As in docs/triggers.md; what an event brings beside is not known. */
const SCOPE = scopeOf({
  event: ['type', 'payload'],
  source: ['id', 'name', 'kind'],
  inbound_event: ['id', 'delivery_id', 'received_at'],
});

export function TriggerForm({
  draft,
  kind,
  problem,
  readOnly,
  onChange,
}: {
  draft: TriggerDraft;
  kind: Resource<'SourceKind'> | undefined;
  problem: ApiProblem | null;
  readOnly: boolean;
  onChange(draft: TriggerDraft): void;
}) {
  const { data: workflows } = useQuery(workflowsQuery);
  const set = (change: Partial<TriggerDraft>) => onChange({ ...draft, ...change });
  const wrong = (pointer: string) =>
    problem?.problems.find((one) => one.pointer === pointer || one.pointer.startsWith(`${pointer}/`))
      ?.message;
  const starts = draft.does === 'start_job';
  const data = readData(draft.data);
  return (
    <Stack>
      {problem && <ProblemNote error={problem} />}
      <Panel title="When">
        <Stack gap="sm">
          <TextInput
            readOnly={readOnly}
            label="Name"
            value={draft.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            placeholder="open a review"
            error={wrong('/name')}
            data-autofocus
          />
          <TagsInput
            readOnly={readOnly}
            label="Event types"
            description={
              <InlineCode text="`*` is all, `issues.*` all that begin so. Enter adds what is typed." />
            }
            data={kind?.setup.example_types ?? []}
            value={[...draft.types]}
            onChange={(types) => set({ types })}
            error={wrong('/event_types')}
          />
          <LazyCelField
            readOnly={readOnly}
            label="Filter"
            description="CEL over `event`, `source` and `inbound_event`. Empty: every event of these types."
            placeholder="event.pull_request.base.ref == 'main'"
            value={draft.filter}
            onChange={(filter) => set({ filter })}
            scope={SCOPE}
            error={wrong('/filter')}
          />
        </Stack>
      </Panel>
      <Panel title="Then">
        <Stack gap="sm">
          <SegmentedControl
            readOnly={readOnly}
            aria-label="What it does"
            data={[
              { value: 'start_job', label: 'Start a job' },
              { value: 'send_event', label: 'Send an event to a job' },
            ]}
            value={draft.does}
            onChange={(does) => set({ does: does as TriggerDraft['does'] })}
          />
          <Select
            readOnly={readOnly}
            label="Workflow"
            description={starts ? 'Its published version runs.' : 'Empty: a job of any workflow.'}
            placeholder={starts ? 'Pick one' : 'Any workflow'}
            data={workflows?.map(({ name }) => name) ?? []}
            value={draft.workflow || null}
            onChange={(workflow) => set({ workflow: workflow ?? '' })}
            error={wrong('/action/workflow')}
            clearable={!starts}
            searchable
          />
          {!starts && (
            <TextInput
              readOnly={readOnly}
              label="Event"
              description="The type of the event that the job is sent."
              placeholder="MERGED"
              value={draft.eventType}
              onChange={(event) => set({ eventType: event.currentTarget.value })}
              error={wrong('/action/event_type')}
            />
          )}
          <LazyCelField
            readOnly={readOnly}
            label="Key"
            description={
              starts
                ? 'CEL. While a live job of the workflow holds the key, no other is started. May be empty.'
                : 'CEL. The event goes to the live job that holds this key.'
            }
            placeholder="'pr-' + string(event.pull_request.number)"
            value={draft.key}
            onChange={(key) => set({ key })}
            scope={SCOPE}
            error={wrong('/action/key')}
          />
          <Textarea
            readOnly={readOnly}
            label={starts ? 'Input' : 'Payload'}
            description={
              <InlineCode text="A JSON object of templates, or one template such as `<<event.payload>>`." />
            }
            placeholder={'{ "title": "<<event.pull_request.title>>" }'}
            value={draft.data}
            onChange={(event) => set({ data: event.currentTarget.value })}
            error={data.ok ? wrong(starts ? '/action/input' : '/action/payload') : data.message}
            styles={CODE}
            autosize
            minRows={3}
            maxRows={14}
            spellCheck={false}
          />
        </Stack>
      </Panel>
    </Stack>
  );
}
