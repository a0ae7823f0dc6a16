// A state, and the machine as a whole: names, what runs on the way in and out, timers, what it waits for.
import {
  Button,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
  TextInput,
  Title,
  UnstyledButton,
} from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { Definition, InvokeConfig, StateNode, TransitionConfig } from '../../../engine/definition.ts';
import { JsonCodeField } from '../../code/code-field.tsx';
import { delayFrom, spokenDuration } from '../../machine/delay.ts';
import type { StateKind } from '../../machine/graph.ts';
import { childOf, parentOf } from '../document/pointers.ts';
import { changeKind, kindOf, renameState, siblingKeys } from '../document/states.ts';
import { targetPath } from '../document/targets.ts';
import { refusedName } from '../naming/names.ts';
import { ActionList } from './action-list.tsx';
import { addTransition, setValue } from './edits.ts';
import { DraftText } from './fields.tsx';
import classes from './panel.module.css';
import { usePanel, useProblems } from './panel-place.tsx';
import { inside, listAt, type Selected, valueAt } from './place.ts';
import { TargetPicker } from './target-picker.tsx';

const KINDS = [
  { value: 'atomic', label: 'Atomic: nothing inside' },
  { value: 'compound', label: 'Compound: one of its inner states at a time' },
  { value: 'parallel', label: 'Parallel: all of its inner states at once' },
  { value: 'final', label: 'Final: ends what is around it' },
  { value: 'history', label: 'History: back to where it was' },
];

export function RootForm() {
  const { definition, put, readOnly } = usePanel();
  const contextProblems = useProblems('/context');
  return (
    <Stack gap={18}>
      <Stack gap={12}>
        <DraftText
          label="Id"
          description="A name for targets written #id.state."
          value={definition.id ?? ''}
          placeholder="workflow"
          readOnly={readOnly}
          onDone={(text) => put('Change id', '/id', text === '' ? undefined : text)}
        />
        <Description pointer="" />
        <JsonCodeField
          label="Context"
          description="What a job begins with; its input is laid over it."
          pointer="/context"
          value={definition.context}
          onChange={(value) => put('Change context', '/context', value)}
          placeholder={'{ "amount": 0 }'}
          readOnly={readOnly}
          problems={contextProblems}
        />
        <Initial pointer="" state={definition} />
      </Stack>
      <StateBehaviour pointer="" path="" />
    </Stack>
  );
}

export function StateForm({ selected }: { selected: Extract<Selected, { kind: 'state' }> }) {
  const { definition, put, readOnly, onEdit, follow } = usePanel();
  const { pointer, path, key } = selected;
  const state = (valueAt(definition, pointer) ?? {}) as StateNode;
  const kind = kindOf(state);
  return (
    <Stack gap={18}>
      <Stack gap={12}>
        <DraftText
          label="Name"
          value={key}
          readOnly={readOnly}
          check={(text) => refusedName(text, siblingKeys(definition, pointer))}
          onDone={(text) => {
            const [label, name] = ['Rename', text.trim()];
            onEdit({ label, apply: (now) => renameState(now, pointer, name).definition });
            follow(childOf(parentOf(pointer) ?? '', name));
          }}
        />
        <Description pointer={pointer} />
        <Select
          label="Kind"
          data={KINDS}
          value={kind}
          onChange={(chosen) =>
            onEdit({
              label: 'Change kind',
              apply: (now) => changeKind(now, pointer, (chosen ?? 'atomic') as StateKind).definition,
            })
          }
          allowDeselect={false}
          readOnly={readOnly}
        />
        <Initial pointer={pointer} state={state} />
        {kind === 'history' ? (
          <HistoryForm pointer={pointer} path={path} state={state} />
        ) : (
          <TagsInput
            label="Tags"
            value={listAt<string>(definition, inside(pointer, 'tags')).map(([tag]) => tag)}
            onChange={(tags) =>
              put('Change tags', inside(pointer, 'tags'), tags.length === 0 ? undefined : tags)
            }
            readOnly={readOnly}
          />
        )}
      </Stack>
      {kind !== 'history' && kind !== 'final' && <StateBehaviour pointer={pointer} path={path} />}
      {kind === 'final' && <Output pointer={pointer} />}
    </Stack>
  );
}

function Description({ pointer }: { pointer: string }) {
  const { definition, put, readOnly } = usePanel();
  const at = inside(pointer, 'description');
  return (
    <Textarea
      label="Description"
      value={String(valueAt(definition, at) ?? '')}
      onChange={(event) => put('Change description', at, event.currentTarget.value || undefined)}
      readOnly={readOnly}
      autosize
      minRows={1}
    />
  );
}

function Initial({ pointer, state }: { pointer: string; state: Definition | StateNode }) {
  const { put, readOnly } = usePanel();
  const at = inside(pointer, 'initial');
  const problems = useProblems(at);
  const keys = Object.keys(state.states ?? {});
  if (keys.length === 0 || state.type === 'parallel') return null;
  return (
    <Select
      label="Begins with"
      data={keys}
      value={state.initial !== undefined && keys.includes(state.initial) ? state.initial : null}
      onChange={(key) => put('Change initial state', at, key ?? undefined)}
      error={problems[0]?.message}
      allowDeselect={false}
      readOnly={readOnly}
    />
  );
}

function HistoryForm({ pointer, path, state }: { pointer: string; path: string; state: StateNode }) {
  const { put, readOnly } = usePanel();
  return (
    <>
      <Switch
        label="Deep"
        description="It remembers the innermost states as well."
        checked={state.history === 'deep'}
        onChange={(event) =>
          put('Change depth', inside(pointer, 'history'), event.currentTarget.checked ? 'deep' : 'shallow')
        }
        disabled={readOnly}
      />
      <TargetPicker
        label="When there is nothing to remember"
        source={path}
        target={state.target}
        pointer={inside(pointer, 'target')}
        onPick={(target) => put('Change target', inside(pointer, 'target'), target)}
      />
    </>
  );
}

function Output({ pointer }: { pointer: string }) {
  const { definition, put, readOnly } = usePanel();
  const at = inside(pointer, 'output');
  const problems = useProblems(at);
  return (
    <JsonCodeField
      label="Output"
      description="JSON that it gives out."
      pointer={at}
      value={valueAt(definition, at)}
      onChange={(value) => put('Change output', at, value)}
      readOnly={readOnly}
      problems={problems}
    />
  );
}

function StateBehaviour({ pointer, path }: { pointer: string; path: string }) {
  return (
    <>
      <ActionList title="On entry" pointer={inside(pointer, 'entry')} empty="Nothing when it is entered." />
      <ActionList title="On exit" pointer={inside(pointer, 'exit')} empty="Nothing when it is left." />
      <Invocations pointer={pointer} />
      <Timers pointer={pointer} path={path} />
    </>
  );
}

const NEW_INVOCATION: InvokeConfig = { src: 'webhook', input: { connection_id: '', path: '/' } };

function Invocations({ pointer }: { pointer: string }) {
  const { definition, readOnly, onEdit, onSelect } = usePanel();
  const at = inside(pointer, 'invoke');
  const invocations = listAt<InvokeConfig>(definition, at);
  function add() {
    const there = invocations.map(([one]) => one);
    onEdit(
      setValue('Wait for an action', at, there.length === 0 ? NEW_INVOCATION : [...there, NEW_INVOCATION]),
    );
    onSelect(there.length === 0 ? at : inside(at, there.length));
  }
  return (
    <section className={classes.section} aria-label="Waits for an action">
      <div className={classes.sectionHead}>
        <Title order={3} size="0.84rem">
          Waits for an action
        </Title>
        {!readOnly && (
          <Button size="compact-xs" variant="light" leftSection={<IconPlus size={13} />} onClick={add}>
            Add
          </Button>
        )}
      </div>
      {invocations.length === 0 && (
        <Text size="xs" c="dimmed">
          For none. One that is added is fired on entry, and its outcome leads on.
        </Text>
      )}
      {invocations.map(([{ name, src }, its]) => (
        <UnstyledButton key={its} onClick={() => onSelect(its)} fz="sm" c="var(--mantine-color-anchor)">
          {name ?? src}
        </UnstyledButton>
      ))}
    </section>
  );
}

function Timers({ pointer, path }: { pointer: string; path: string }) {
  const { definition, readOnly, onEdit, onSelect } = usePanel();
  const [text, setText] = useState('');
  const at = inside(pointer, 'after');
  const timers = Object.keys((valueAt(definition, at) ?? {}) as object).flatMap((delay) =>
    listAt<string | TransitionConfig>(definition, inside(at, delay)).map(([written, its]) => ({
      delay,
      its,
      target: typeof written === 'string' ? written : written.target,
    })),
  );
  const delay = delayFrom(text);
  function add() {
    if (delay === null) return;
    const added = addTransition(definition, 'Add timer', inside(at, delay), {});
    onEdit(added.edit);
    setText('');
    onSelect(added.pointer);
  }
  return (
    <section className={classes.section} aria-label="Timers">
      <Title order={3} size="0.84rem">
        Timers
      </Title>
      {timers.map(({ delay: key, its, target }) => (
        <UnstyledButton key={its} onClick={() => onSelect(its)} fz="sm" c="var(--mantine-color-anchor)">
          after {spokenDuration(key)}
          {target !== undefined && ` to ${targetPath(definition, path, target) ?? target}`}
        </UnstyledButton>
      ))}
      {!readOnly && (
        <form
          className={classes.row}
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <TextInput
            aria-label="Delay of a new timer"
            placeholder="5 minutes, 1 day 12 hours"
            size="xs"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            error={text !== '' && delay === null ? 'Say a number and a unit' : undefined}
            style={{ flex: 1 }}
          />
          <Button type="submit" size="xs" variant="light" disabled={delay === null}>
            Add
          </Button>
        </form>
      )}
    </section>
  );
}
