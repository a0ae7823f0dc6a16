// The actions of a transition or of a state, in the order in which they run: dragged by pointer or by keyboard.
import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
} from '@dnd-kit/core';
import {
  arrayMove,
  SortableContext,
  sortableKeyboardCoordinates,
  useSortable,
  verticalListSortingStrategy,
} from '@dnd-kit/sortable';
import { CSS } from '@dnd-kit/utilities';
import { ActionIcon, Button, Menu, Text, Title, UnstyledButton } from '@mantine/core';
import { IconDots, IconGripVertical, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { Action } from '../../../engine/definition.ts';
import { ActionForm } from './action-forms.tsx';
import { changeActions, duplicateOf } from './edits.ts';
import classes from './panel.module.css';
import { usePanel, useProblems } from './panel-place.tsx';
import { listAt } from './place.ts';

const KINDS: readonly { kind: Action['action_type']; title: string; said: string }[] = [
  { kind: 'WEBHOOK', title: 'Webhook', said: 'One HTTP request through a connection' },
  { kind: 'INTEGRATION', title: 'Integration', said: 'A typed operation of a provider' },
  { kind: 'ASSIGN', title: 'Assign', said: 'Set keys of the context' },
  { kind: 'RAISE', title: 'Raise', said: 'An event for this job, in the same step' },
  { kind: 'SEND_EVENT', title: 'Send event', said: 'To another job, in the same commit' },
  { kind: 'START_JOB', title: 'Start job', said: 'Of another workflow, in the same commit' },
];

const NEW: Readonly<Record<Action['action_type'], Action>> = {
  WEBHOOK: { action_type: 'WEBHOOK', params: { connection_id: '', path: '/' } },
  INTEGRATION: { action_type: 'INTEGRATION', params: { connection_id: '', operation: '', input: {} } },
  ASSIGN: { action_type: 'ASSIGN', params: {} },
  RAISE: { action_type: 'RAISE', params: { type: '' } },
  SEND_EVENT: { action_type: 'SEND_EVENT', params: { job_id: '', type: '' } },
  START_JOB: { action_type: 'START_JOB', params: { workflow: '' } },
};

export function ActionList({ title, pointer, empty }: { title: string; pointer: string; empty: string }) {
  const { definition, readOnly, onEdit } = usePanel();
  const [open, setOpen] = useState<string | null>(null);
  const actions = listAt<Action>(definition, pointer);
  const [ids, rearrange] = useIds(actions.length);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const change = (label: string, how: (list: readonly Action[]) => readonly Action[]) =>
    onEdit(changeActions(label, pointer, how));

  function move(from: number, to: number) {
    if (from === to || to < 0 || to >= actions.length) return;
    change('Move action', (list) => arrayMove([...list], from, to));
    rearrange((all) => arrayMove([...all], from, to));
  }
  function dropped({ active, over }: DragEndEvent) {
    if (over) move(ids.indexOf(String(active.id)), ids.indexOf(String(over.id)));
  }
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.sectionHead}>
        <Title order={3} size="0.84rem">
          {title}
        </Title>
        {!readOnly && (
          <Menu position="bottom-end" width={280}>
            <Menu.Target>
              <Button size="compact-xs" variant="light" leftSection={<IconPlus size={13} />}>
                Add action
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {KINDS.map(({ kind, title: name, said }) => (
                <Menu.Item
                  key={kind}
                  onClick={() => {
                    change(`Add ${name.toLowerCase()}`, (list) => [...list, NEW[kind]]);
                    const id = newId();
                    rearrange((all) => [...all, id]);
                    setOpen(id);
                  }}
                >
                  <Text size="sm">{name}</Text>
                  <Text size="xs" c="dimmed">
                    {said}
                  </Text>
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      {actions.length === 0 && (
        <Text size="xs" c="dimmed">
          {empty}
        </Text>
      )}
      <DndContext
        sensors={sensors}
        collisionDetection={closestCenter}
        onDragEnd={dropped}
        accessibility={{ announcements: announcementsOf(ids) }}
      >
        <SortableContext items={[...ids]} strategy={verticalListSortingStrategy}>
          <ol className={classes.actions}>
            {actions.map(([action, at], i) => {
              const id = ids[i] ?? '';
              return (
                <ActionCard
                  key={id}
                  id={id}
                  number={i + 1}
                  action={action}
                  pointer={at}
                  open={open === id}
                  onOpen={() => setOpen(open === id ? null : id)}
                  onDuplicate={() => {
                    change('Duplicate action', (list) =>
                      list.toSpliced(i + 1, 0, duplicateOf(definition, action)),
                    );
                    rearrange((all) => all.toSpliced(i + 1, 0, newId()));
                  }}
                  onRemove={() => {
                    change('Remove action', (list) => list.toSpliced(i, 1));
                    rearrange((all) => all.toSpliced(i, 1));
                  }}
                  onUp={i > 0 ? () => move(i, i - 1) : null}
                  onDown={i < actions.length - 1 ? () => move(i, i + 1) : null}
                />
              );
            })}
          </ol>
        </SortableContext>
      </DndContext>
    </section>
  );
}

let ids = 0;
const newId = (): string => `action-${++ids}`;

/**
 * What the actions of a list are known by while they are looked at, so that focus and what is open move with them. A list
 * that was made longer or shorter elsewhere (by undo, in the code) is known anew.
 */
function useIds(
  count: number,
): [readonly string[], (how: (all: readonly string[]) => readonly string[]) => void] {
  const [known, setKnown] = useState<readonly string[]>(() => Array.from({ length: count }, newId));
  if (known.length === count) return [known, setKnown];
  const fresh = Array.from({ length: count }, (_, i) => known[i] ?? newId());
  setKnown(fresh);
  return [fresh, setKnown];
}

type Announced = { active: { id: string | number }; over: { id: string | number } | null };

function announcementsOf(known: readonly string[]) {
  const place = (id: string | number | undefined) => `place ${known.indexOf(String(id)) + 1}`;
  return {
    onDragStart: ({ active }: Pick<Announced, 'active'>) => `Picked up the action in ${place(active.id)}.`,
    onDragOver: ({ over }: Announced) => `It is over ${place(over?.id)}.`,
    onDragEnd: ({ over }: Announced) => `Dropped in ${place(over?.id)}.`,
    onDragCancel: () => 'It stays where it was.',
  };
}

function ActionCard({
  id,
  number,
  action,
  pointer,
  open,
  onOpen,
  onDuplicate,
  onRemove,
  onUp,
  onDown,
}: {
  id: string;
  number: number;
  action: Action;
  pointer: string;
  open: boolean;
  onOpen(): void;
  onDuplicate(): void;
  onRemove(): void;
  onUp: (() => void) | null;
  onDown: (() => void) | null;
}) {
  const { readOnly } = usePanel();
  const wrong = useProblems(pointer).some(({ severity }) => severity === 'error');
  const sortable = useSortable({ id, disabled: readOnly });
  const { transform, transition, isDragging } = sortable;
  const known = KINDS.find(({ kind }) => kind === action.action_type);
  const title = known?.title ?? String(action.action_type);
  const name = 'name' in action && action.name !== undefined ? action.name : null;
  return (
    <li
      ref={sortable.setNodeRef}
      className={classes.action}
      data-wrong={wrong}
      data-dragging={isDragging}
      style={{ transform: CSS.Translate.toString(transform), transition }}
    >
      <div className={classes.actionHead}>
        {!readOnly && (
          <button
            type="button"
            className={classes.grip}
            ref={sortable.setActivatorNodeRef}
            {...sortable.attributes}
            {...sortable.listeners}
            aria-label={`Move ${name ?? title}`}
          >
            <IconGripVertical size={15} aria-hidden />
          </button>
        )}
        <UnstyledButton className={classes.opens} onClick={onOpen} aria-expanded={open}>
          <span style={{ minWidth: 0 }}>
            <span className={classes.what}>
              {number}. {name === null ? title : `${title} · ${name}`}
            </span>
            <span className={classes.summary}>{summaryOf(action)}</span>
          </span>
        </UnstyledButton>
        {!readOnly && (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon size="sm" aria-label={`More for ${name ?? title}`}>
                <IconDots size={15} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={onDuplicate}>Duplicate</Menu.Item>
              {onUp && <Menu.Item onClick={onUp}>Move up</Menu.Item>}
              {onDown && <Menu.Item onClick={onDown}>Move down</Menu.Item>}
              <Menu.Item onClick={onRemove} c="var(--mantine-color-error)">
                Remove
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      {open && (
        <div className={classes.actionBody}>
          {known ? (
            <ActionForm kind={known.kind} pointer={pointer} />
          ) : (
            <Text size="sm">There is no such kind of action. Mend it in the code, or remove it.</Text>
          )}
        </div>
      )}
    </li>
  );
}

/** What it does, in a line. */
function summaryOf(action: Action): string {
  switch (action.action_type) {
    case 'ASSIGN':
      return Object.keys(action.params ?? {}).join(', ') || 'nothing yet';
    case 'RAISE':
    case 'SEND_EVENT':
      return action.params?.type || 'no event yet';
    case 'START_JOB':
      return action.params?.workflow || 'no workflow yet';
    case 'WEBHOOK':
      return `${action.params?.method ?? 'POST'} ${action.params?.path ?? ''}`;
    case 'INTEGRATION':
      return action.params?.operation || 'no operation yet';
  }
}
