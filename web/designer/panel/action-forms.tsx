// The form of each kind of action.
import { Select, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Action } from '../../../engine/definition.ts';
import { workflowsQuery } from '../../api/queries.ts';
import { ActionName, ActionOptions } from './action-options.tsx';
import { CelField } from './fields.tsx';
import { KeyRows } from './key-rows.tsx';
import { OperationForm } from './operation-form.tsx';
import { usePanel, useProblems } from './panel-place.tsx';
import { inside, valueAt } from './place.ts';
import { RequestForm } from './request-form.tsx';

export function ActionForm({ kind, pointer }: { kind: Action['action_type']; pointer: string }) {
  const params = inside(pointer, 'params');
  switch (kind) {
    case 'ASSIGN':
      return (
        <KeyRows
          title="Set in the context"
          description="CEL for each key. All of them see the context as it was before."
          pointer={params}
          kind="cel"
          keyLabel="Key"
          newKey="key"
          placeholder="event.amount"
          required
        />
      );
    case 'RAISE':
      return (
        <Stack gap={12}>
          <EventType pointer={inside(params, 'type')} />
          <Payload pointer={inside(params, 'payload')} />
        </Stack>
      );
    case 'SEND_EVENT':
      return (
        <Stack gap={12}>
          <CelField
            label="Job"
            description="CEL that gives the id of a job."
            pointer={inside(params, 'job_id')}
            placeholder="context.order_job"
          />
          <EventType pointer={inside(params, 'type')} />
          <Payload pointer={inside(params, 'payload')} />
        </Stack>
      );
    case 'START_JOB':
      return <StartJobForm params={params} />;
    case 'WEBHOOK':
      return (
        <Stack gap={12}>
          <ActionName pointer={pointer} />
          <RequestForm pointer={params} />
          <ActionOptions pointer={pointer} />
        </Stack>
      );
    case 'INTEGRATION':
      return (
        <Stack gap={12}>
          <ActionName pointer={pointer} />
          <OperationForm params={params} operation={inside(params, 'operation')} />
          <ActionOptions pointer={pointer} />
        </Stack>
      );
  }
}

function EventType({ pointer }: { pointer: string }) {
  const { definition, put, readOnly } = usePanel();
  const problems = useProblems(pointer);
  return (
    <TextInput
      label="Event"
      value={String(valueAt(definition, pointer) ?? '')}
      onChange={(event) => put('Change event', pointer, event.currentTarget.value)}
      error={problems[0]?.message}
      readOnly={readOnly}
      spellCheck={false}
    />
  );
}

const Payload = ({ pointer }: { pointer: string }) => (
  <KeyRows
    title="Payload"
    description="CEL for each key."
    pointer={pointer}
    kind="cel"
    keyLabel="Key"
    newKey="key"
  />
);

function StartJobForm({ params }: { params: string }) {
  const { definition, put, readOnly } = usePanel();
  const { data: workflows = [] } = useQuery(workflowsQuery);
  const at = inside(params, 'workflow');
  const problems = useProblems(at);
  const chosen = String(valueAt(definition, at) ?? '');
  const names = workflows.map(({ name }) => name);
  return (
    <Stack gap={12}>
      <Select
        label="Workflow"
        data={chosen === '' || names.includes(chosen) ? names : [...names, chosen]}
        value={chosen === '' ? null : chosen}
        onChange={(name) => put('Change workflow', at, name ?? '')}
        error={problems[0]?.message}
        allowDeselect={false}
        readOnly={readOnly}
        searchable
        openOnFocus={false}
      />
      <KeyRows
        title="Input"
        description="CEL for each key, laid over the context of that workflow."
        pointer={inside(params, 'input')}
        kind="cel"
        keyLabel="Key"
        newKey="key"
      />
      <CelField
        label="Key"
        description="CEL. One live job of that workflow may hold it."
        pointer={inside(params, 'key')}
        placeholder="context.order_id"
        optional
      />
    </Stack>
  );
}
