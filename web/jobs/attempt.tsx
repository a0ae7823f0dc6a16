// One attempt: the request as it left, without credentials, and the answer as it came.
import { Group, SimpleGrid, Text, UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import { JsonView } from '../elements/json-view.tsx';
import { Moment } from '../elements/moment.tsx';
import { duration } from '../elements/relative-time.ts';
import { StatusBadge } from '../elements/status-badge.tsx';
import run from './action-run.module.css';
import classes from './attempt.module.css';
import { bodyOf, type SentRequest } from './sent-request.ts';

type AttemptOfRun = Resource<'ActionRun'>['attempt_log'][number];

export function Attempt({ attempt, startsOpen }: { attempt: AttemptOfRun; startsOpen: boolean }) {
  const [open, setOpen] = useState(startsOpen);
  const request = attempt.request as SentRequest | null;
  const response = attempt.response as { status?: number; headers?: object; body?: unknown } | null;
  return (
    <div className={classes.attempt}>
      <UnstyledButton className={classes.head} onClick={() => setOpen(!open)} aria-expanded={open}>
        <IconChevronRight className={run.chevron} data-open={open} size={14} aria-hidden />
        <Text span size="sm" fw={550}>
          Attempt {attempt.number ?? ''}
        </Text>
        {response?.status !== undefined && (
          <span className={classes.status} data-good={response.status < 300}>
            {response.status}
          </span>
        )}
        <Text span size="xs" c="dimmed">
          {attempt.duration_ms !== null && duration(attempt.duration_ms)}
          {attempt.late && ' · recorded late'}
        </Text>
        <Group gap={8} ml="auto">
          <Text span size="xs" c="dimmed">
            <Moment at={attempt.at} />
          </Text>
          {attempt.outcome !== null && <StatusBadge status={attempt.outcome.toUpperCase()} />}
        </Group>
      </UnstyledButton>
      {open && (
        <div className={classes.body}>
          {attempt.message !== null && (
            <Text size="sm" mb={8}>
              {attempt.message}
            </Text>
          )}
          <SimpleGrid cols={{ base: 1, xl: 2 }} spacing="sm" verticalSpacing="sm">
            <div style={{ minWidth: 0 }}>
              <h3 className={classes.title}>Request</h3>
              {request === null ? (
                <Text size="sm" c="dimmed">
                  Nothing left.
                </Text>
              ) : (
                <>
                  <p className={classes.address}>
                    <b>{request.method}</b> {request.url}
                  </p>
                  <Headers headers={request.headers} />
                  {bodyOf(request) !== undefined && (
                    <JsonView value={bodyOf(request)} label="Request body" maxHeight={240} />
                  )}
                </>
              )}
            </div>
            <div style={{ minWidth: 0 }}>
              <h3 className={classes.title}>Response</h3>
              {response === null ? (
                <Text size="sm" c="dimmed">
                  None was recorded.
                </Text>
              ) : (
                <>
                  <p className={classes.address}>
                    <b>{response.status}</b>
                  </p>
                  <Headers headers={response.headers} />
                  {response.body !== undefined && response.body !== null && (
                    <JsonView value={response.body} label="Response body" maxHeight={240} />
                  )}
                </>
              )}
            </div>
          </SimpleGrid>
        </div>
      )}
    </div>
  );
}

function Headers({ headers }: { headers: object | undefined }) {
  const entries = Object.entries(headers ?? {});
  if (entries.length === 0) return null;
  return (
    <dl className={classes.headers}>
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
