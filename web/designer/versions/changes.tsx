// What differs between two definitions, state by state.
import { Text } from '@mantine/core';
import { useMemo } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { type Change, diffDefinitions } from './diff.ts';
import classes from './versions.module.css';

export function Changes({ before, after }: { before: Definition; after: Definition }) {
  const changes = useMemo(() => diffDefinitions(before, after), [before, after]);
  const places = [...Map.groupBy(changes, ({ state }) => state)];
  if (changes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        They say the same.
      </Text>
    );
  }
  return places.map(([state, its]) => (
    <section key={state} aria-label={state === '' ? 'The machine' : state}>
      <h3 className={classes.place}>{state === '' ? 'The machine' : state}</h3>
      <ul className={classes.list}>
        {its.map((change) => (
          <li key={JSON.stringify(change)} className={classes.change}>
            <span className={classes.sign} data-kind={change.kind} aria-hidden>
              {SIGNS[change.kind]}
            </span>
            <div className={classes.told}>
              <div>{sentenceOf(change)}</div>
              <Values change={change} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  ));
}

const SIGNS = { added: '+', removed: '−', changed: '~', renamed: '→', reordered: '⇅' };

/** As one would say it; the state it is in is said already. */
export function sentenceOf({ kind, what, state, name, field, before, after }: Change): string {
  const isOfItself = what === 'machine' || (what === 'state' && name === state);
  const subject = isOfItself ? '' : what === 'state' ? `State ${name}` : name;
  switch (kind) {
    case 'renamed':
      return `State ${before} is called ${after}`;
    case 'reordered':
      return `${capital(`${subject} ${field}`.trim())} in another order`;
    case 'changed': {
      const how = before === undefined ? 'set' : after === undefined ? 'removed' : 'changed';
      return capital(`${subject} ${field} ${how}`.trim());
    }
    default:
      return `${capital(subject)} ${kind}`;
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function Values({ change: { kind, before, after } }: { change: Change }) {
  if (kind !== 'changed') return null;
  return (
    <div className={classes.values}>
      {before !== undefined && <code className={classes.was}>{shown(before)}</code>}
      {after !== undefined && <code>{shown(after)}</code>}
    </div>
  );
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
