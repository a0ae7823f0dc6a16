// How much the organisation may use, and how it stands.
import { Button, Group, Modal, NumberInput, Progress, Select, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import { ConflictNote } from '../elements/conflict-note.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Badge } from '../elements/status-badge.tsx';
import classes from './metering.module.css';
import { quotasQuery, removeQuota, setQuota } from './metering-requests.ts';

type Quota = Resource<'Quota'>;

const KINDS = { WebhookEgress: 'Calls made', WebhookIngress: 'Events received' } as const;
const STATES = {
  ok: { tone: 'good', label: 'Within' },
  warned: { tone: 'wait', label: 'Warned' },
  blocked: { tone: 'bad', label: 'Blocked' },
} as const;

export function Quotas({ mayChange }: { mayChange: boolean }) {
  const [opened, modal] = useDisclosure();
  const quotas = useQuery(quotasQuery);
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: removeQuota,
    onSuccess: () => queries.invalidateQueries({ queryKey: quotasQuery.queryKey }),
  });
  return (
    <Panel
      title="Quotas"
      flush
      beside={
        mayChange && (
          <Button size="compact-sm" variant="default" disabled={!quotas.data} onClick={modal.open}>
            Set a quota
          </Button>
        )
      }
    >
      {quotas.isError && <ProblemNote error={quotas.error} onRetry={() => void quotas.refetch()} />}
      {remove.isError && (
        <ConflictNote
          error={remove.error}
          onLoad={async () => {
            await queries.fetchQuery({ ...quotasQuery, staleTime: 0 });
            remove.reset();
          }}
        />
      )}
      {quotas.data?.length === 0 && (
        <Text size="sm" c="dimmed" p={16}>
          There is none: nothing is warned of, and nothing is blocked.
        </Text>
      )}
      {quotas.data?.map((quota) => (
        <div key={`${quota.kind} ${quota.period}`} className={classes.row}>
          <Standing quota={quota} />
          {mayChange && (
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              aria-label={`Remove the quota of ${KINDS[quota.kind].toLowerCase()} a ${quota.period}`}
              onClick={() => remove.mutate(quota)}
            >
              Remove
            </Button>
          )}
        </div>
      ))}
      <Modal opened={opened} onClose={modal.close} title="Set a quota">
        <Form quotas={quotas.data ?? []} onDone={modal.close} />
      </Modal>
    </Panel>
  );
}

function Standing({ quota }: { quota: Quota }) {
  const { kind, period, used, warn_at: warnAt, block_at: blockAt, state } = quota;
  const most = blockAt ?? warnAt ?? 1;
  const { tone, label } = STATES[state];
  const limits = [
    warnAt !== null && `warns at ${warnAt.toLocaleString('en')}`,
    blockAt !== null && `blocks at ${blockAt.toLocaleString('en')}`,
  ].filter(Boolean);
  return (
    <div className={classes.grows}>
      <Group gap="xs" mb={6}>
        <Text size="sm" fw={550}>
          {KINDS[kind]} a {period}
        </Text>
        <Badge tone={tone}>{label}</Badge>
      </Group>
      <Progress
        value={Math.min(100, (used / most) * 100)}
        color={state === 'blocked' ? 'red' : state === 'warned' ? 'yellow' : 'pawl'}
        aria-label={`${KINDS[kind]} a ${period}`}
      />
      <Text size="xs" c="dimmed" mt={4}>
        {used.toLocaleString('en')} used, {limits.join(', ')}
      </Text>
    </div>
  );
}

const numberOf = (value: string | number): number | null => (typeof value === 'number' ? value : null);

type Of = Pick<Quota, 'kind' | 'period'>;

const quotaOf = (quotas: readonly Quota[], { kind, period }: Of): Quota | undefined =>
  quotas.find((quota) => quota.kind === kind && quota.period === period);

function Form({ quotas, onDone }: { quotas: readonly Quota[]; onDone(): void }) {
  const queries = useQueryClient();
  const [of, setOf] = useState<Of>({ kind: 'WebhookEgress', period: 'month' });
  // What was there to be edited, whatever has been read since.
  const [seen, setSeen] = useState(quotas);
  const [warnAt, setWarnAt] = useState(quotaOf(seen, of)?.warn_at ?? null);
  const [blockAt, setBlockAt] = useState(quotaOf(seen, of)?.block_at ?? null);
  const isInbound = of.kind === 'WebhookIngress';
  const save = useMutation({
    mutationFn: () =>
      setQuota(
        of,
        { warn_at: warnAt, block_at: isInbound ? null : blockAt },
        quotaOf(seen, of)?.etag ?? null,
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: quotasQuery.queryKey });
      onDone();
    },
  });

  function edit(next: Of, there: readonly Quota[] = seen) {
    const quota = quotaOf(there, next);
    setOf(next);
    setSeen(there);
    // Where there is none, what was typed stays.
    setWarnAt(quota ? quota.warn_at : warnAt);
    setBlockAt(quota ? quota.block_at : blockAt);
    save.reset();
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack>
        <Group grow>
          <Select
            label="Of"
            allowDeselect={false}
            data={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
            value={of.kind}
            onChange={(kind) => edit({ ...of, kind: kind as Quota['kind'] })}
          />
          <Select
            label="In a"
            allowDeselect={false}
            data={['day', 'month']}
            value={of.period}
            onChange={(period) => edit({ ...of, period: period as Quota['period'] })}
          />
        </Group>
        <NumberInput
          label="Warn at"
          description="The event log and this page say so."
          min={1}
          allowDecimal={false}
          thousandSeparator=" "
          value={warnAt ?? ''}
          onChange={(value) => setWarnAt(numberOf(value))}
        />
        <NumberInput
          label="Block at"
          description={
            isInbound
              ? 'Events are never refused: most senders would not send them again.'
              : 'Events that would queue actions are refused until the period is over.'
          }
          disabled={isInbound}
          min={1}
          allowDecimal={false}
          thousandSeparator=" "
          value={blockAt ?? ''}
          onChange={(value) => setBlockAt(numberOf(value))}
        />
        {save.isError && (
          <ConflictNote
            error={save.error}
            onLoad={async () => edit(of, await queries.fetchQuery({ ...quotasQuery, staleTime: 0 }))}
          />
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            Set
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
