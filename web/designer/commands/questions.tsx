// What is asked before a command can be carried out: where a transition leads, where a state goes, what becomes of what
// led to a state that is deleted.
import { Button, Group, Modal, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { parentOf } from '../document/pointers.ts';
import { allStates, deleteState, incoming, mayHaveStates, moveState, nameOf } from '../document/states.ts';
import { addTransition } from '../document/transitions.ts';
import type { OpenDesign } from '../use-design.ts';
import { type Question, titleOf } from './commands.ts';

export function Questions({
  question,
  design,
  onClose,
}: {
  question: Question | null;
  design: OpenDesign;
  onClose(): void;
}) {
  const titles = {
    lead: 'Add a transition',
    move: `Move ${titleOf(question?.pointer ?? '')} into another state`,
    delete: `Delete ${titleOf(question?.pointer ?? '')}?`,
  };
  const Form = question && { lead: Lead, move: Move, delete: Delete }[question.what];
  return (
    <Modal opened={question !== null} onClose={onClose} title={question ? titles[question.what] : ''}>
      {question && Form && <Form pointer={question.pointer} design={design} onClose={onClose} />}
    </Modal>
  );
}

interface FormProps {
  pointer: string;
  design: OpenDesign;
  onClose(): void;
}

/** The root's pointer is empty, and an option of that value would be none. */
const ROOT = 'root';

const optionsOf = (states: readonly string[]) =>
  states.map((state) => ({ value: state || ROOT, label: nameOf(state) }));

function Asked({
  onSubmit,
  onClose,
  send,
  danger,
  children,
}: {
  onSubmit(): void;
  onClose(): void;
  send: string;
  danger?: boolean;
  children: ReactNode;
}) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
    onClose();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {children}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" {...(danger && { color: 'red' })}>
            {send}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const WHEN = [
  { value: 'on', label: 'an event arrives' },
  { value: 'after', label: 'a time has passed' },
  { value: 'always', label: 'its guard is true' },
  { value: 'onDone', label: 'the states inside are done' },
] as const;

function Lead({ pointer, design, onClose }: FormProps) {
  const [when, setWhen] = useState<(typeof WHEN)[number]['value']>('on');
  const [key, setKey] = useState('');
  const [target, setTarget] = useState<string | null>(null);
  const { definition } = design;
  const send = () => {
    const slot =
      when === 'on' || when === 'after'
        ? { kind: when, key: key.trim() || (when === 'on' ? 'EVENT' : 'PT1H') }
        : { kind: when };
    design.change('Add a transition', (now) => addTransition(now, pointer, slot, target));
  };
  return (
    <Asked onSubmit={send} onClose={onClose} send="Add">
      <Text size="sm">From {nameOf(pointer)}, when</Text>
      <Select
        aria-label="When"
        data={[...WHEN]}
        value={when}
        onChange={(value) => setWhen((value ?? 'on') as typeof when)}
        allowDeselect={false}
      />
      {when === 'on' && (
        <TextInput
          label="Event"
          placeholder="SUBMIT"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          data-autofocus
        />
      )}
      {when === 'after' && (
        <TextInput
          label="After"
          description="Milliseconds, or a duration such as PT15M or P1D"
          placeholder="PT1H"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          data-autofocus
        />
      )}
      <Select
        label="Leads to"
        placeholder="nowhere: it stays"
        data={optionsOf(allStates(definition))}
        value={target}
        onChange={setTarget}
        searchable
        clearable
      />
    </Asked>
  );
}

function Move({ pointer, design, onClose }: FormProps) {
  const { definition } = design;
  const hosts = ['', ...allStates(definition)].filter(
    (state) =>
      state !== parentOf(pointer) &&
      state !== pointer &&
      !state.startsWith(`${pointer}/`) &&
      mayHaveStates(definition, state),
  );
  const [into, setInto] = useState<string | null>(null);
  return (
    <Asked
      onSubmit={() => {
        const host = into === ROOT ? '' : into;
        if (host !== null) design.change('Move', (now) => moveState(now, pointer, host));
      }}
      onClose={onClose}
      send="Move"
    >
      <Select
        label="Into"
        description="Transitions lead where they led."
        data={optionsOf(hosts)}
        value={into}
        onChange={setInto}
        searchable
        data-autofocus
      />
    </Asked>
  );
}

function Delete({ pointer, design, onClose }: FormProps) {
  const { definition } = design;
  const ways = incoming(definition, pointer);
  const [what, setWhat] = useState<string>('delete');
  const [to, setTo] = useState<string | null>(null);
  const others = allStates(definition).filter(
    (state) => state !== pointer && !state.startsWith(`${pointer}/`),
  );
  const send = () => {
    const orphans =
      what === 'lead' && to !== null
        ? ({ what: 'lead', to } as const)
        : ({ what: what === 'keep' ? 'keep' : 'delete' } as const);
    design.change('Delete', (now) => deleteState(now, pointer, orphans));
  };
  return (
    <Asked onSubmit={send} onClose={onClose} send="Delete" danger>
      <Text size="sm">
        {ways.length === 1 ? 'A transition leads' : `${ways.length} transitions lead`} here, from{' '}
        {[...new Set(ways.map(({ source }) => nameOf(source)))].join(', ')}.
      </Text>
      <Radio.Group label="What becomes of what leads here" value={what} onChange={setWhat}>
        <Stack gap={8} mt={6}>
          <Radio value="delete" label="Delete it too" data-autofocus />
          <Radio value="lead" label="Lead it to another state" disabled={others.length === 0} />
          <Radio value="keep" label="Leave it as it is written: it is listed as a problem" />
        </Stack>
      </Radio.Group>
      {what === 'lead' && (
        <Select label="State" data={optionsOf(others)} value={to} onChange={setTo} searchable required />
      )}
    </Asked>
  );
}
