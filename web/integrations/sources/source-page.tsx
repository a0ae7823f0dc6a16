// One source: where to send, what came in lately, and what is to come of it.
import { ActionIcon, Button, Collapse, Grid, Menu, Skeleton, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconChevronRight,
  IconDots,
  IconKey,
  IconKeyOff,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconTrash,
} from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { asProblem, keepsFromShowing } from '../../api/problem.ts';
import { Confirm } from '../../elements/confirm.tsx';
import { CopyField } from '../../elements/copy-field.tsx';
import { FactList } from '../../elements/fact-list.tsx';
import { InlineCode } from '../../elements/inline-code.tsx';
import { WayBack } from '../../elements/links.tsx';
import { Moment } from '../../elements/moment.tsx';
import { PageHeader } from '../../elements/page-header.tsx';
import { PageProblem } from '../../elements/page-problem.tsx';
import { Panel } from '../../elements/panel.tsx';
import { sourceKindsQuery, sourceQuery, triggersQuery, useMay } from '../integration-requests.ts';
import { EditSource } from './edit-source.tsx';
import { GapFiller } from './gap-filler.tsx';
import { InboundEvents } from './inbound-events.tsx';
import { RotateSource } from './rotate-source.tsx';
import { SetupSteps } from './setup-steps.tsx';
import { changeSource, deleteSource, endOverlap } from './source-requests.ts';
import { ShreddedSecret, SourceState } from './source-state.tsx';
import { Triggers } from './triggers.tsx';

export function SourcePage() {
  const { sourceId } = useParams({ from: '/admin/integrations/sources/$sourceId' });
  const source = useQuery(sourceQuery(sourceId));
  const kinds = useQuery(sourceKindsQuery);
  if (keepsFromShowing(source)) {
    const again = () => void source.refetch();
    return <PageProblem title="Source" trail={<Trail />} error={source.error} onRetry={again} />;
  }
  if (!source.data) return <Skeleton height={300} radius="md" />;
  const kind = kinds.data?.find(({ id }) => id === source.data.kind);
  return (
    <>
      <Head source={source.data} kind={kind} />
      <Grid gutter="md">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Stack>
            <Triggers source={source.data} />
            <InboundEvents sourceId={sourceId} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack>
            <WhereToSend source={source.data} kind={kind} />
            {kind?.gaps && <GapFiller source={source.data} kind={kind} gaps={kind.gaps} />}
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

const Trail = () => <WayBack to="/admin/integrations/sources">Sources</WayBack>;

function Head({ source, kind }: { source: Resource<'Source'>; kind: Resource<'SourceKind'> | undefined }) {
  const [dialog, setDialog] = useState<'edit' | 'rotate' | 'end overlap' | 'delete' | null>(null);
  const may = useMay();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const changed = () => queries.invalidateQueries({ queryKey: ['sources'] });
  const activate = useMutation({
    mutationFn: (isActive: boolean) => changeSource(source.id, { is_active: isActive }),
    onSettled: changed,
    onError: (error) => notifications.show({ color: 'red', message: asProblem(error).message }),
  });
  const close = () => setDialog(null);
  return (
    <>
      <PageHeader
        title={source.name}
        trail={<Trail />}
        description={kind?.title ?? source.kind}
        beside={<SourceState source={source} />}
        actions={
          <>
            {may('source.update') && (
              <>
                <Button
                  variant="default"
                  leftSection={<IconKey size={16} />}
                  onClick={() => setDialog('rotate')}
                >
                  Rotate the secret
                </Button>
                <Button
                  variant="default"
                  leftSection={
                    source.is_active ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />
                  }
                  loading={activate.isPending}
                  onClick={() => activate.mutate(!source.is_active)}
                >
                  {source.is_active ? 'Deactivate' : 'Activate'}
                </Button>
              </>
            )}
            {(may('source.update') || may('source.delete')) && (
              <Menu position="bottom-end" width={180}>
                <Menu.Target>
                  <ActionIcon size={36} aria-label={`More for ${source.name}`}>
                    <IconDots size={18} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  {may('source.update') && (
                    <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setDialog('edit')}>
                      Edit
                    </Menu.Item>
                  )}
                  {may('source.update') && source.previous_secret_until !== null && (
                    <Menu.Item
                      leftSection={<IconKeyOff size={16} />}
                      onClick={() => setDialog('end overlap')}
                    >
                      End the overlap
                    </Menu.Item>
                  )}
                  {may('source.delete') && (
                    <Menu.Item
                      color="red"
                      leftSection={<IconTrash size={16} />}
                      onClick={() => setDialog('delete')}
                    >
                      Delete
                    </Menu.Item>
                  )}
                </Menu.Dropdown>
              </Menu>
            )}
          </>
        }
      />
      {kind && (
        <>
          <RotateSource source={source} kind={kind} opened={dialog === 'rotate'} onClose={close} />
          <EditSource source={source} kind={kind} opened={dialog === 'edit'} onClose={close} />
        </>
      )}
      <Confirm
        title={`Refuse the previous secret of ${source.name}?`}
        does="Refuse it"
        opened={dialog === 'end overlap'}
        onClose={close}
        onConfirm={async () => {
          await endOverlap(source.id);
          await changed();
        }}
      >
        What the sender still signs with it is answered 401 from then on.
      </Confirm>
      <Confirm
        title={`Delete ${source.name}?`}
        does="Delete"
        opened={dialog === 'delete'}
        onClose={close}
        onConfirm={async () => {
          await deleteSource(source.id);
          await navigate({ to: '/admin/integrations/sources' });
          await changed();
        }}
      >
        <WhatGoes sourceId={source.id} />
      </Confirm>
    </>
  );
}

/** What uses the source, and what becomes of what it received. */
function WhatGoes({ sourceId }: { sourceId: string }) {
  const { data: triggers } = useQuery(triggersQuery(sourceId));
  const names = triggers?.map(({ name }) => name) ?? [];
  return (
    <>
      Its URL answers 404 from then on. {names.length === 0 && 'No trigger uses it.'}
      {names.length > 0 && (
        <>
          Its triggers go with it: <b>{names.join(', ')}</b>.
        </>
      )}{' '}
      What it received can still be looked at; what was not processed yet fails.
    </>
  );
}

function WhereToSend({
  source,
  kind,
}: {
  source: Resource<'Source'>;
  kind: Resource<'SourceKind'> | undefined;
}) {
  const [open, setOpen] = useState(source.last_received_at === null);
  const config = (kind?.fields ?? []).filter(({ name }) => (source.config[name] ?? '') !== '');
  return (
    <Panel title="Where to send">
      <Stack gap="sm">
        <CopyField label="URL" value={source.url} />
        <ShreddedSecret source={source} />
        <FactList
          facts={[
            [
              'Heard of',
              source.last_received_at === null ? 'never' : <Moment key="at" at={source.last_received_at} />,
            ],
            source.previous_secret_until === null
              ? null
              : [
                  'Previous secret',
                  <span key="until">
                    accepted too, ends <Moment at={source.previous_secret_until} />
                  </span>,
                ],
            ...config.map(({ name, label }) => [label, String(source.config[name])] as const),
          ]}
        />
        {kind && (
          <>
            <Button
              variant="subtle"
              color="gray"
              size="compact-sm"
              justify="flex-start"
              leftSection={
                <IconChevronRight size={14} style={{ transform: open ? 'rotate(90deg)' : undefined }} />
              }
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            >
              How to set it up
            </Button>
            <Collapse in={open}>
              <Stack gap="sm">
                <SetupSteps kind={kind} url={source.url} secret={null} />
                <Text size="xs" c="dimmed">
                  <InlineCode text={kind.explains.signature} />
                </Text>
              </Stack>
            </Collapse>
          </>
        )}
      </Stack>
    </Panel>
  );
}
