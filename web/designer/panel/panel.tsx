// The panel beside the canvas: all there is to say about what is selected.
import { ActionIcon, Text, Title, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconTrash } from '@tabler/icons-react';
import { useRef } from 'react';
import { InlineCode } from '../../elements/inline-code.tsx';
import { spokenDuration } from '../../machine/delay.ts';
import { removeAt } from './edits.ts';
import { InvocationForm } from './invocation-form.tsx';
import classes from './panel.module.css';
import { PanelPlace, usePanel, useProblems } from './panel-place.tsx';
import type { PanelProps } from './panel-props.ts';
import { type Selected, selectedAt, valueAt } from './place.ts';
import { Preview } from './preview.tsx';
import { RootForm, StateForm } from './state-form.tsx';
import { TransitionForm } from './transition-form.tsx';

export function Panel(props: PanelProps) {
  const selected = selectedAt(props.definition, props.pointer);
  const { key, follow } = useSameThing(selected, props.onSelect);
  if (selected === null) {
    return (
      <div className={classes.panel}>
        <Text size="sm" c="dimmed">
          Nothing is selected. Choose a state or a transition.
        </Text>
      </div>
    );
  }
  const pointer = selected.kind === 'root' ? '' : selected.pointer;
  return (
    <PanelPlace {...props} follow={follow}>
      {/* Anew for each thing: what is half typed belongs to the one before. */}
      <section className={classes.panel} key={key} aria-label={titleOf(selected, props)}>
        <Head selected={selected} pointer={pointer} />
        <Problems pointer={pointer} selected={selected} />
        {selected.kind === 'root' && <RootForm />}
        {selected.kind === 'state' && <StateForm selected={selected} />}
        {selected.kind === 'transition' && <TransitionForm selected={selected} />}
        {selected.kind === 'invocation' && <InvocationForm selected={selected} />}
        <Preview selected={selected} />
      </section>
    </PanelPlace>
  );
}

/** A key that stays as long as it is the same thing that is selected, though it is called otherwise now. */
function useSameThing(selected: Selected | null, onSelect: PanelProps['onSelect']) {
  const pointer = selected === null || selected.kind === 'root' ? '' : selected.pointer;
  const known = useRef({ pointer, key: 0, expected: null as string | null });
  const { current } = known;
  if (current.pointer !== pointer) {
    const key = current.expected === pointer ? current.key : current.key + 1;
    known.current = { pointer, key, expected: null };
  }
  const follow = (to: string): void => {
    known.current.expected = to;
    onSelect(to);
  };
  return { key: known.current.key, follow };
}

const KINDS = {
  root: 'Machine',
  state: 'State',
  transition: 'Transition',
  invocation: 'Action it waits for',
};

function titleOf(selected: Selected, { definition }: Pick<PanelProps, 'definition'>): string {
  switch (selected.kind) {
    case 'root':
      return definition.id ?? 'The machine';
    case 'state':
      return selected.key;
    case 'invocation': {
      const { name, src } = valueAt(definition, selected.pointer) as { name?: string; src?: string };
      return name ?? src ?? 'action';
    }
    case 'transition':
      switch (selected.on) {
        case 'event':
          return selected.key;
        case 'after':
          return `after ${spokenDuration(selected.key)}`;
        case 'always':
          return 'always';
        case 'done':
          return 'when its inner states are done';
        case 'succeeded':
          return 'when it succeeded';
        case 'failed':
          return 'when it failed';
      }
  }
}

function Head({ selected, pointer }: { selected: Selected; pointer: string }) {
  const place = usePanel();
  const { readOnly, onEdit, onSelect } = place;
  // States are removed on the canvas, which knows what leads to them.
  const removable = !readOnly && (selected.kind === 'transition' || selected.kind === 'invocation');
  return (
    <div className={classes.head}>
      <div style={{ minWidth: 0, flex: 1 }}>
        <div className={classes.kind}>
          {KINDS[selected.kind]}
          {'state' in selected && selected.state.path !== '' && ` of ${selected.state.path}`}
        </div>
        <Title order={2} size="1rem" style={{ overflowWrap: 'anywhere' }}>
          {titleOf(selected, place)}
        </Title>
      </div>
      {removable && (
        <Tooltip label="Remove">
          <ActionIcon
            aria-label={`Remove ${titleOf(selected, place)}`}
            onClick={() => {
              onEdit(removeAt(`Remove ${KINDS[selected.kind].toLowerCase()}`, pointer));
              onSelect('state' in selected ? selected.state.pointer : null);
            }}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}

const ELSEWHERE = /^\/(?:states|on|after|always|onDone|invoke)(?:\/|$)/;

function Problems({ pointer, selected }: { pointer: string; selected: Selected }) {
  const all = useProblems(pointer);
  // What can be selected by itself has its problems there.
  const shown =
    selected.kind === 'root' || selected.kind === 'state'
      ? all.filter(({ pointer: at }) => !ELSEWHERE.test(at.slice(pointer.length)))
      : all;
  if (shown.length === 0) return null;
  const worst = shown.some(({ severity }) => severity === 'error') ? 'error' : 'warning';
  return (
    <ul className={classes.problems} data-worst={worst} aria-label="Problems">
      {shown.map(({ pointer: at, code, message }) => (
        <li key={`${at} ${code} ${message}`}>
          <IconAlertTriangle size={13} aria-hidden style={{ verticalAlign: '-2px', marginRight: 6 }} />
          <InlineCode text={message} />
        </li>
      ))}
    </ul>
  );
}
