// Everything that happened to jobs and settings, who did it and from where, and the proof that nobody altered it since.
import { Button, Drawer, Skeleton, Stack, Text, UnstyledButton } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { keepsFromShowing } from '../api/problem.ts';
import { CopyText } from '../elements/copy-text.tsx';
import { Empty } from '../elements/empty.tsx';
import { JsonView } from '../elements/json-view.tsx';
import { TextLink } from '../elements/links.tsx';
import list from '../elements/list-table.module.css';
import { exactTime } from '../elements/local-time.ts';
import { Moment } from '../elements/moment.tsx';
import { PageHeader } from '../elements/page-header.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { type Actors, useActors } from './actors.ts';
import { AuditFilters } from './audit-filters.tsx';
import { type AuditFilter, type Entry, entriesQuery } from './audit-requests.ts';
import { ChainPanel } from './chain-panel.tsx';

export function AuditPage() {
  const filter = useSearch({ from: '/audit' });
  const navigate = useNavigate({ from: '/audit' });
  const [shown, setShown] = useState<Entry | null>(null);
  const actors = useActors();
  const entries = useInfiniteQuery(entriesQuery(filter));
  const rows = entries.data?.pages.flatMap(({ items }) => items) ?? [];
  const look = (next: AuditFilter) => void navigate({ search: next, replace: true });
  return (
    <>
      <PageHeader
        title="Audit"
        description="What happened to jobs and settings, and who did it. Newest first. Nothing here is ever changed."
      />
      <div style={{ marginBottom: 22 }}>
        <ChainPanel />
      </div>
      <AuditFilters filter={filter} actors={actors} onChange={look} />
      {entries.isError && <ProblemNote error={entries.error} onRetry={() => void entries.refetch()} />}
      {!keepsFromShowing(entries) && (
        <Panel flush>
          {entries.isPending && (
            <div style={{ padding: 16 }}>
              {['a', 'b', 'c', 'd', 'e'].map((key) => (
                <Skeleton key={key} height={20} my={14} />
              ))}
            </div>
          )}
          {rows.length > 0 && <EntryTable entries={rows} actors={actors} onShow={setShown} />}
          {!entries.isPending && rows.length === 0 && (
            <Empty
              icon={IconShieldCheck}
              title={
                entries.hasNextPage
                  ? 'None of the newest entries is like that'
                  : 'Nothing happened that is like that'
              }
              action={
                <Button variant="default" onClick={() => look({})}>
                  Show the last 7 days
                </Button>
              }
            >
              A kind that ends with a point stands for all that begin with it, such as{' '}
              <code>connection.</code>
            </Empty>
          )}
        </Panel>
      )}
      {entries.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          loading={entries.isFetchingNextPage}
          onClick={() => void entries.fetchNextPage()}
        >
          Show older entries
        </Button>
      )}
      <Drawer
        opened={shown !== null}
        onClose={() => setShown(null)}
        position="right"
        size="lg"
        title={shown?.kind}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {shown && <Detail entry={shown} actors={actors} onLook={look} onClose={() => setShown(null)} />}
      </Drawer>
    </>
  );
}

function EntryTable({
  entries,
  actors: { nameOf },
  onShow,
}: {
  entries: readonly Entry[];
  actors: Actors;
  onShow(entry: Entry): void;
}) {
  return (
    <table className={list.table}>
      <thead>
        <tr>
          <th>What</th>
          <th>Who</th>
          <th>From</th>
          <th>When</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.id}>
            <td>
              <UnstyledButton className={list.opens} fz="0.85rem" onClick={() => onShow(entry)}>
                {entry.kind}
              </UnstyledButton>
              <div className={list.under}>{nameOf(entry.actor)}</div>
            </td>
            <td className={list.wide} style={{ overflowWrap: 'anywhere' }}>
              {nameOf(entry.actor)}
            </td>
            <td className={`${list.wide} ${list.number}`}>
              {addressOf(entry) ?? (
                <Text span inherit c="dimmed">
                  –
                </Text>
              )}
            </td>
            <td className={list.last}>
              <Moment at={entry.at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function addressOf({ data }: Entry): string | null {
  const address: unknown = (data as { address?: unknown } | null)?.address;
  return typeof address === 'string' ? address : null;
}

/** Entries with a revision, and attempts, are about a job. */
const isOfJob = ({ kind, seq }: Entry) => seq !== null || /^(transition|attempt|action\.)/.test(kind);

function Detail({
  entry,
  actors,
  onLook,
  onClose,
}: {
  entry: Entry;
  actors: Actors;
  onLook(filter: AuditFilter): void;
  onClose(): void;
}) {
  const look = (filter: AuditFilter) => {
    onClose();
    onLook(filter);
  };
  return (
    <Stack gap="sm">
      <Text size="sm">
        {actors.nameOf(entry.actor)}
        {addressOf(entry) && ` from ${addressOf(entry)}`}, {exactTime(entry.at)}
        {entry.seq !== null && `, revision ${entry.seq}`}
      </Text>
      <Text size="sm">
        By <CopyText text={entry.actor} label="Copy who did it" />
      </Text>
      <Text size="sm">
        Entry <CopyText text={entry.id} label="Copy the id of the entry" />
      </Text>
      <Text size="sm">
        It happened to{' '}
        {isOfJob(entry) ? (
          <TextLink to="/jobs/$jobId" params={{ jobId: entry.subject_id }}>
            a job
          </TextLink>
        ) : (
          'this'
        )}
        : <CopyText text={entry.subject_id} label="Copy the id of what it happened to" />
      </Text>
      <JsonView value={entry.data} label="What the entry says" maxHeight={520} />
      <div style={{ display: 'flex', gap: 8, flexWrap: 'wrap' }}>
        <Button variant="default" size="compact-sm" onClick={() => look({ subject: entry.subject_id })}>
          All that happened to it
        </Button>
        <Button variant="default" size="compact-sm" onClick={() => look({ actor: entry.actor })}>
          All by the same
        </Button>
      </div>
    </Stack>
  );
}
