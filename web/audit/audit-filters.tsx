// By what entries of the audit are found: text counts on Enter and on leaving its field. The address holds it.
import { Autocomplete, Select, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { ClearFilter } from '../elements/clear-filter.tsx';
import { TimeFilter } from '../elements/time-filter.tsx';
import classes from '../jobs/job-filters.module.css';
import type { Actors } from './actors.ts';
import type { AuditFilter } from './audit-requests.ts';

/** With a point at the end: all that begin with it. */
const KINDS = [
  'transition',
  'attempt',
  'action.',
  'api_key.',
  'audit.',
  'connection.',
  'endpoint.',
  'group.',
  'group_member.',
  'invitation.',
  'member.',
  'role_assignment.',
  'scope.',
  'session.',
  'signing_key.',
  'source.',
  'subscription.',
  'tenant.',
  'trigger.',
  'workflow.',
];

/** The API looks through a month at once, unless a subject is given. */
const DAYS = [
  { ago: 1, label: 'Last 24 hours' },
  { ago: 7, label: 'Last 7 days' },
  { ago: 30, label: 'Last 30 days' },
];

export function AuditFilters({
  filter,
  actors: { known, nameOf },
  onChange,
}: {
  filter: AuditFilter;
  actors: Actors;
  onChange(filter: AuditFilter): void;
}) {
  const [typed, setTyped] = useState(filter);
  useEffect(() => setTyped(filter), [filter]);
  const text = (value: string | undefined) => value?.trim() || undefined;
  const find = () => onChange({ ...filter, kind: text(typed.kind), subject: text(typed.subject) });
  const leave = () => {
    if (text(typed.kind) !== filter.kind || text(typed.subject) !== filter.subject) find();
  };
  const chosen = filter.actor ?? null;
  const isStrange = chosen !== null && !known.some(({ actor }) => actor === chosen);

  return (
    <search>
      <form
        className={classes.filters}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          find();
        }}
      >
        <TextInput
          id="find-entry"
          className={classes.find}
          aria-label="Id of a job or a setting"
          placeholder="Id of a job or a setting"
          value={typed.subject ?? ''}
          onChange={(event) => setTyped({ ...typed, subject: event.currentTarget.value })}
          onBlur={leave}
        />
        <Autocomplete
          aria-label="Kind"
          placeholder="Any kind"
          data={KINDS}
          value={typed.kind ?? ''}
          onChange={(kind) => setTyped({ ...typed, kind })}
          onOptionSubmit={(kind) => onChange({ ...filter, kind })}
          onBlur={leave}
        />
        <Select
          aria-label="Actor"
          placeholder="Any actor"
          data={[...known, ...(isStrange ? [{ actor: chosen, name: nameOf(chosen) }] : [])].map(
            ({ actor, name }) => ({ value: actor, label: name }),
          )}
          value={chosen}
          onChange={(actor) => onChange({ ...filter, actor: actor ?? undefined })}
          searchable
          clearable
        />
        <TimeFilter
          label="When"
          placeholder={filter.subject === undefined ? 'Last 7 days' : 'Any time'}
          presets={DAYS}
          value={{ ago: filter.days, from: filter.from, to: filter.to }}
          onChange={({ ago, from, to }) => onChange({ ...filter, days: ago, from, to })}
        />
        {/* Enter in any field sends the form. */}
        <button type="submit" hidden>
          Find
        </button>
        <ClearFilter filter={filter} onClear={() => onChange({})} />
      </form>
    </search>
  );
}
