// A transition: what makes it be taken, where it leads, its guard, and what it carries.
import { Stack, Switch, Textarea } from '@mantine/core';
import { CodeField } from '../../code/code-field.tsx';
import { delayFrom, spokenDuration } from '../../machine/delay.ts';
import { targetPath } from '../document/targets.ts';
import { refusedDelay, refusedEvent } from '../naming/names.ts';
import { ActionList } from './action-list.tsx';
import { changeTransition, moveTrigger, readTransition } from './edits.ts';
import { DraftText } from './fields.tsx';
import { usePanel, useProblems, useScope } from './panel-place.tsx';
import { inside, type Selected } from './place.ts';
import { TargetPicker } from './target-picker.tsx';

export function TransitionForm({ selected }: { selected: Extract<Selected, { kind: 'transition' }> }) {
  const { definition, readOnly, onEdit } = usePanel();
  const { pointer, state } = selected;
  const transition = readTransition(definition, pointer);
  const scope = useScope(pointer, 'transition');
  const guardProblems = useProblems(inside(pointer, 'guard'));
  const change = (label: string, changed: Parameters<typeof changeTransition>[2]) =>
    onEdit(changeTransition(label, pointer, changed));
  const { target, guard, reenter, description } = transition;
  const leads = target === undefined ? null : targetPath(definition, state.path, target);
  const staysInside = leads !== null && (leads === state.path || leads.startsWith(`${state.path}.`));
  return (
    <Stack gap={18}>
      <Stack gap={12}>
        <TriggerField selected={selected} />
        <TargetPicker
          source={state.path}
          target={target}
          pointer={typeof target === 'string' ? inside(pointer, 'target') : pointer}
          onPick={(chosen) => change('Change target', { target: chosen })}
        />
        {(staysInside || reenter !== undefined) && (
          <Switch
            label="Leave the state and enter it again"
            description="With its exit and entry actions; its timers begin anew."
            checked={reenter === true}
            onChange={(event) =>
              change('Change re-entry', { reenter: event.currentTarget.checked || undefined })
            }
            disabled={readOnly}
          />
        )}
        <CodeField
          label="Guard"
          description="CEL. Without one it is always taken."
          language="cel"
          multiline
          value={guard ?? ''}
          onChange={(text) => change('Change guard', { guard: text === '' ? undefined : text })}
          placeholder="event.amount > 0"
          readOnly={readOnly}
          scope={scope}
          problems={guardProblems}
        />
      </Stack>
      <ActionList
        title="Actions"
        pointer={inside(pointer, 'actions')}
        empty="Nothing but the change of state. What is queued here is fired in this order, each after a 2xx of the one before."
      />
      <Textarea
        label="Description"
        value={description ?? ''}
        onChange={(event) =>
          change('Change description', { description: event.currentTarget.value || undefined })
        }
        readOnly={readOnly}
        autosize
        minRows={1}
      />
    </Stack>
  );
}

function TriggerField({ selected }: { selected: Extract<Selected, { kind: 'transition' }> }) {
  const { definition, readOnly, onEdit, follow } = usePanel();
  const { pointer, on, key } = selected;
  function moveTo(written: string) {
    const moved = moveTrigger(definition, pointer, written);
    if (!moved) return;
    onEdit(moved.edit);
    follow(moved.pointer);
  }
  if (on === 'event') {
    return (
      <DraftText
        label="Event"
        description="* hears every event, order.* what begins so."
        value={key}
        readOnly={readOnly}
        check={refusedEvent}
        onDone={(text) => moveTo(text.trim())}
      />
    );
  }
  if (on === 'after') {
    return (
      <DraftText
        label="After"
        description="As you say it: 90 s, 5 minutes, 1 day 12 hours."
        value={spokenDuration(key)}
        readOnly={readOnly}
        check={refusedDelay}
        onDone={(text) => moveTo(delayFrom(text) ?? key)}
      />
    );
  }
  return null;
}
