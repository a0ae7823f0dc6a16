// Where a transition leads: a state of the machine, or nowhere else.
import { Select } from '@mantine/core';
import { useMemo } from 'react';
import { graphOf } from '../../machine/graph.ts';
import { targetPath, targetText } from '../document/targets.ts';
import { usePanel, useProblems } from './panel-place.tsx';

const STAYS = '';
/** What is written and leads nowhere; no state is called so. */
const WRITTEN = '#';

export function TargetPicker({
  label = 'Target',
  source,
  target,
  pointer,
  onPick,
}: {
  label?: string;
  /** Path of the state that the transition stands in. */
  source: string;
  /** As written. */
  target: string | undefined;
  /** Of the target, for problems. */
  pointer: string;
  onPick(target: string | undefined): void;
}) {
  const { definition, readOnly } = usePanel();
  const problems = useProblems(pointer, true);
  const states = useMemo(() => graphOf(definition).states.filter(({ path }) => path !== ''), [definition]);
  const path = target === undefined ? STAYS : (targetPath(definition, source, target) ?? WRITTEN);
  const options = [
    { value: STAYS, label: 'No target: it stays where it is' },
    ...states.map((state) => ({
      value: state.path,
      label: state.path === source ? `${state.path} (itself)` : state.path,
    })),
    ...(path === WRITTEN ? [{ value: WRITTEN, label: `${target} (there is no such state)` }] : []),
  ];
  return (
    <Select
      label={label}
      data={options}
      value={path}
      onChange={(chosen) => {
        if (chosen === null || chosen === WRITTEN) return;
        onPick(chosen === STAYS ? undefined : targetText(definition, source, chosen));
      }}
      error={problems.map(({ message }) => message).join(' · ') || undefined}
      allowDeselect={false}
      readOnly={readOnly}
      searchable
      openOnFocus={false}
      nothingFoundMessage="No state is called so"
    />
  );
}
