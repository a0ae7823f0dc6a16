// Whether the log can be trusted: how far it is sealed, what the last verification said, which checkpoints there are.
import { Alert, Button, Group, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { CopyText } from '../elements/copy-text.tsx';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Badge } from '../elements/status-badge.tsx';
import {
  askForVerification,
  type Chain,
  type Checkpoint,
  chainQuery,
  checkpointsQuery,
} from './audit-requests.ts';

export function ChainPanel() {
  const queries = useQueryClient();
  const chain = useQuery(chainQuery);
  const checkpoints = useQuery(checkpointsQuery);
  const verify = useMutation({
    mutationFn: askForVerification,
    onSettled: () => queries.invalidateQueries({ queryKey: chainQuery.queryKey }),
  });
  if (chain.isError) return <ProblemNote error={chain.error} onRetry={() => void chain.refetch()} />;
  const due = chain.data?.verification_due ?? false;
  return (
    <Panel
      title="Proof"
      beside={
        <Button
          size="compact-sm"
          variant="default"
          loading={verify.isPending || due}
          disabled={!chain.data}
          onClick={() => verify.mutate()}
        >
          Verify now
        </Button>
      }
    >
      {chain.data ? (
        <Proof chain={chain.data} checkpoints={checkpoints.data ?? []} />
      ) : (
        <Skeleton height={56} />
      )}
    </Panel>
  );
}

function Proof({ chain, checkpoints }: { chain: Chain; checkpoints: readonly Checkpoint[] }) {
  const { verification, entries, seals, head, sealed_at: sealedAt } = chain;
  const [newest] = checkpoints;
  return (
    <Stack gap="md">
      {verification?.finding && (
        <Alert color="red" icon={<IconShieldX size={20} />} title="The log is not what was written">
          {verification.finding.message} It is entry {verification.finding.nth}; what comes after it was not
          compared any more.
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="lg">
        <Fact label="Verified">
          {verification ? (
            <Group gap={8}>
              <Badge tone={verification.ok ? 'good' : 'bad'}>{verification.ok ? 'Whole' : 'Altered'}</Badge>
              <Text span size="sm">
                {verification.entries.toLocaleString()} entries, <Moment at={verification.at} />
              </Text>
            </Group>
          ) : (
            'Not yet'
          )}
        </Fact>
        <Fact label="Sealed">
          {sealedAt ? (
            <>
              {entries.toLocaleString()} entries under {seals.toLocaleString()} seals,{' '}
              <Moment at={sealedAt} />
              {head && <Short label="Copy the head of the chain" text={head} />}
            </>
          ) : (
            'Nothing yet'
          )}
        </Fact>
        <Fact label="Last checkpoint">
          {newest ? (
            <>
              {newest.entries.toLocaleString()} entries, <Moment at={newest.at} />, key {newest.key_id}
              <Short label="Copy its signature" text={newest.signature} />
            </>
          ) : (
            <Text span size="sm" c="dimmed">
              None. Without them, a log that was cut looks whole.
            </Text>
          )}
        </Fact>
      </SimpleGrid>
      {verification?.ok && (
        <Group gap={6} wrap="nowrap" c="dimmed" align="flex-start">
          <IconShieldCheck size={16} style={{ flex: 'none', marginTop: 2 }} aria-hidden />
          <Text size="xs">
            Every entry is hashed and chained to the one before. <code>pawl audit verify</code> proves the
            same from outside of this application.
          </Text>
        </Group>
      )}
    </Stack>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div style={{ minWidth: 0 }}>
      <Text size="xs" c="dimmed" fw={550} mb={4}>
        {label}
      </Text>
      <Text size="sm" component="div">
        {children}
      </Text>
    </div>
  );
}

const SHOWN_CHARS = 20;

/** A long hash by its beginning; all of it is copied. */
function Short({ text, label }: { text: string; label: string }) {
  return (
    <div>
      <CopyText text={text} label={label} shown={`${text.slice(0, SHOWN_CHARS)}…`} />
    </div>
  );
}
