// What a state waits for: an action whose outcome leads on.
import { Button, Select, Stack, Text, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { InvokeConfig } from '../../../engine/definition.ts';
import { providersQuery } from '../../api/queries.ts';
import { ActionName, ActionOptions } from './action-options.tsx';
import { changeTransition, readTransition } from './edits.ts';
import { DraftText } from './fields.tsx';
import { OperationForm } from './operation-form.tsx';
import { usePanel } from './panel-place.tsx';
import { inside, listAt, type Selected, valueAt } from './place.ts';
import { RequestForm } from './request-form.tsx';
import { TargetPicker } from './target-picker.tsx';

const WEBHOOK = 'webhook';

export function InvocationForm({ selected }: { selected: Extract<Selected, { kind: 'invocation' }> }) {
  const { definition, put, readOnly } = usePanel();
  const { data: providers = [] } = useQuery(providersQuery);
  const { pointer, state } = selected;
  const { src, id } = (valueAt(definition, pointer) ?? {}) as InvokeConfig;
  const operations = providers.flatMap(({ title, operations: its }) =>
    its.map((one) => ({ ...one, of: title })),
  );
  const groups = Object.entries(Object.groupBy(operations, ({ of }) => of)).map(([group, items = []]) => ({
    group,
    items: items.map((one) => ({ value: one.id, label: one.title })),
  }));
  const at = (key: string) => inside(pointer, key);
  return (
    <Stack gap={18}>
      <Stack gap={12}>
        <Select
          label="What it fires"
          data={[{ value: WEBHOOK, label: 'A webhook' }, ...groups]}
          value={src}
          onChange={(chosen) => put('Change what is fired', at('src'), chosen)}
          allowDeselect={false}
          readOnly={readOnly}
          searchable
          openOnFocus={false}
        />
        <ActionName pointer={pointer} />
        <DraftText
          label="Id"
          description="Unique; jobs that wait for it can be moved to versions that have it too."
          value={id ?? ''}
          placeholder="Of its place"
          readOnly={readOnly}
          onDone={(text) => put('Change id', at('id'), text === '' ? undefined : text)}
        />
        {src === WEBHOOK ? (
          <RequestForm pointer={at('input')} />
        ) : (
          <OperationForm params={at('input')} operation={at('src')} />
        )}
        <ActionOptions pointer={pointer} />
      </Stack>
      <Outcome label="When it succeeds" pointer={at('onDone')} source={state.path} />
      <Outcome label="When it fails" pointer={at('onError')} source={state.path} />
    </Stack>
  );
}

function Outcome({ label, pointer, source }: { label: string; pointer: string; source: string }) {
  const { definition, readOnly, onEdit, onSelect, put } = usePanel();
  const [first, ...others] = listAt(definition, pointer);
  if (!first) {
    return (
      <div>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Text size="xs" c="dimmed" mb={6}>
          It leads nowhere yet.
        </Text>
        {!readOnly && (
          <Button size="compact-xs" variant="light" onClick={() => put('Add outcome', pointer, {})}>
            Add a transition
          </Button>
        )}
      </div>
    );
  }
  const [, at] = first;
  return (
    <div>
      <TargetPicker
        label={label}
        source={source}
        target={readTransition(definition, at).target}
        pointer={at}
        onPick={(target) => onEdit(changeTransition('Change target', at, { target }))}
      />
      <UnstyledButton onClick={() => onSelect(at)} fz="xs" c="var(--mantine-color-anchor)" mt={4}>
        Guard and actions{others.length > 0 && ` (and ${others.length} more transitions)`}
      </UnstyledButton>
    </div>
  );
}
