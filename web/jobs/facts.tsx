// What else there is to know of a job.
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Resource } from '../api/client.ts';
import { FactList } from '../elements/fact-list.tsx';
import { TextLink } from '../elements/links.tsx';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';

export function Facts({ job }: { job: Resource<'Job'> }) {
  const facts: [string, ReactNode][] = [
    ['Transitions', job.revision],
    ['Started', <Moment key="at" at={job.created_at} />],
    [
      'Key',
      job.key ?? (
        <Text span c="dimmed" inherit>
          none
        </Text>
      ),
    ],
  ];
  if (job.finished_at !== null) facts.push(['Ended', <Moment key="at" at={job.finished_at} />]);
  if (job.parent_job_id !== null) {
    facts.push([
      'Started by',
      <TextLink key="job" to="/jobs/$jobId" params={{ jobId: job.parent_job_id }} size="sm">
        another job
      </TextLink>,
    ]);
  }
  return (
    <Panel title="Details">
      <FactList facts={facts} />
    </Panel>
  );
}
