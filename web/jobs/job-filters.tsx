// By what jobs are found: text counts on Enter and on leaving its field. The address holds it, so that a search can be sent to
// somebody.
import { Autocomplete, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { type JobFilter, jobsPerStateQuery } from '../api/queries.ts';
import { ClearFilter } from '../elements/clear-filter.tsx';
import { TimeFilter } from '../elements/time-filter.tsx';
import classes from './job-filters.module.css';

const STATUSES = [
  { value: 'ACTIVE', label: 'Active' },
  { value: 'DONE', label: 'Done' },
  { value: 'ERROR', label: 'Error' },
  { value: 'CANCELLED', label: 'Cancelled' },
];

const HOURS = [
  { ago: 1, label: 'Last hour' },
  { ago: 24, label: 'Last 24 hours' },
  { ago: 168, label: 'Last 7 days' },
  { ago: 720, label: 'Last 30 days' },
];

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function JobFilters({
  filter,
  workflows,
  onChange,
}: {
  filter: JobFilter;
  workflows: readonly Resource<'Workflow'>[];
  onChange(filter: JobFilter): void;
}) {
  const navigate = useNavigate();
  const [text, setText] = useState(filter.key ?? '');
  const [state, setState] = useState(filter.state ?? '');
  const states = useQuery({
    ...jobsPerStateQuery(filter.workflow ?? ''),
    enabled: filter.workflow !== undefined,
  });
  const known = [...new Set(states.data?.items.map(({ current_state: current }) => current))].sort();

  useEffect(() => setText(filter.key ?? ''), [filter.key]);
  useEffect(() => setState(filter.state ?? ''), [filter.state]);

  function find(event?: FormEvent) {
    event?.preventDefault();
    const wanted = text.trim();
    if (ID.test(wanted)) void navigate({ to: '/jobs/$jobId', params: { jobId: wanted.toLowerCase() } });
    else onChange({ ...filter, key: wanted || undefined, state: state || undefined });
  }

  return (
    <search>
      <form className={classes.filters} onSubmit={find}>
        <TextInput
          id="find-job"
          className={classes.find}
          aria-label="Key or id of a job"
          placeholder="Whole key or id"
          leftSection={<IconSearch size={15} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          // An id opens its job, for which one has to ask.
          onBlur={() => text.trim() !== (filter.key ?? '') && !ID.test(text.trim()) && find()}
        />
        <Select
          aria-label="Workflow"
          placeholder="Any workflow"
          data={workflows.map(({ name }) => name)}
          value={filter.workflow ?? null}
          onChange={(value) => onChange({ ...filter, workflow: value ?? undefined, state: undefined })}
          clearable
          searchable
        />
        <Select
          aria-label="Status"
          placeholder="Any status"
          data={STATUSES}
          value={filter.status ?? null}
          onChange={(value) => onChange({ ...filter, status: (value as JobFilter['status']) ?? undefined })}
          clearable
        />
        <Autocomplete
          aria-label="State"
          placeholder="Any state"
          data={known}
          value={state}
          onChange={setState}
          onOptionSubmit={(value) => onChange({ ...filter, state: value })}
          onBlur={() => state !== (filter.state ?? '') && onChange({ ...filter, state: state || undefined })}
        />
        <TimeFilter
          label="Started"
          placeholder="Any time"
          presets={HOURS}
          value={{ ago: filter.hours, from: filter.from, to: filter.to }}
          onChange={({ ago, from, to }) => onChange({ ...filter, hours: ago, from, to })}
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
