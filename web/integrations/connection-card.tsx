// One connection: what it is, whether it works, what went through it, and what can be done with it.
import { ActionIcon, Button, Group, Menu, Text, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconDots,
  IconKey,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugConnected,
  IconTrash,
} from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import { asProblem } from '../api/problem.ts';
import { TextLink } from '../elements/links.tsx';
import { Moment } from '../elements/moment.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Badge } from '../elements/status-badge.tsx';
import classes from './connection-card.module.css';
import { changeConnection, testConnection } from './connection-requests.ts';
import { Sparkline } from './connections/sparkline.tsx';
import { spokenWeek } from './connections/week.ts';
import { CredentialsTrouble } from './credentials-trouble.tsx';
import { DeleteConnection } from './delete-connection.tsx';
import { DisableConnection } from './disable-connection.tsx';
import { EditConnection } from './edit-connection.tsx';
import { ProviderMark } from './provider-mark.tsx';
import { RotateCredentials } from './rotate-credentials.tsx';
import { type ConnectionUsage, spokenUsage } from './usage.ts';
import { whyNoTest } from './why-no-test.ts';

type Connection = Resource<'Connection'>;

export interface ConnectionPermissions {
  test: boolean;
  update: boolean;
  remove: boolean;
}

export function ConnectionCard({
  connection,
  provider,
  usage,
  days,
  permissions,
}: {
  connection: Connection;
  provider: Resource<'Provider'> | undefined;
  /** Null: not allowed to know. */
  usage: ConnectionUsage | null;
  /** Attempts on each of the last days. */
  days: readonly number[] | null;
  permissions: ConnectionPermissions;
}) {
  const [dialog, setDialog] = useState<'edit' | 'rotate' | 'disable' | 'delete' | null>(null);
  const queries = useQueryClient();
  const changed = () => queries.invalidateQueries({ queryKey: ['connections'] });
  const test = useMutation({ mutationFn: () => testConnection(connection.id), onSettled: changed });
  const enable = useMutation({
    mutationFn: () => changeConnection(connection.id, { enabled: true }),
    onSettled: changed,
    onError: (error) => notifications.show({ color: 'red', message: asProblem(error).message }),
  });
  const { enabled, connection_name: name } = connection;
  const close = () => setDialog(null);
  const title = provider?.title ?? connection.provider;
  const untested = provider ? whyNoTest(provider, connection.fields) : null;
  return (
    <article className={classes.card} data-enabled={enabled} aria-label={name}>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <ProviderMark provider={connection.provider} title={title} />
        <div className={classes.names}>
          <h2 className={classes.name}>
            <TextLink
              to="/admin/integrations/connections/$connectionId"
              params={{ connectionId: connection.id }}
              inherit
              c="inherit"
            >
              {name}
            </TextLink>
          </h2>
          <Text size="xs" c="dimmed">
            {title}
          </Text>
        </div>
        <ConnectionState connection={connection} />
      </Group>
      <dl className={classes.facts}>
        <div>
          <dt>Sends to</dt>
          <dd>
            <code>{connection.allowed_origin.replace(/^https:\/\//, '')}</code>
          </dd>
        </div>
        <div>
          <dt>Last test</dt>
          <dd>
            <LastTest connection={connection} />
          </dd>
        </div>
        {usage !== null && (
          <div>
            <dt>Used</dt>
            <dd>
              {spokenUsage(usage)}
              {days?.some((count) => count > 0) && <Sparkline counts={days} label={spokenWeek(days)} />}
            </dd>
          </div>
        )}
      </dl>
      <CredentialsTrouble connection={connection} />
      {test.isError && <ProblemNote error={test.error} />}
      {test.isSuccess && test.data === null && (
        <p className={classes.flag} role="status">
          No worker answered. Check that one runs.
        </p>
      )}
      <Group gap="xs" mt="auto" pt={4}>
        {permissions.test && (
          <Tooltip label={untested ?? ''} disabled={untested === null} multiline w={280}>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconPlugConnected size={15} />}
              loading={test.isPending}
              data-disabled={untested !== null || undefined}
              aria-disabled={untested !== null}
              onClick={() => untested === null && test.mutate()}
            >
              Test
            </Button>
          </Tooltip>
        )}
        {permissions.update && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconKey size={15} />}
            onClick={() => setDialog('rotate')}
          >
            Rotate
          </Button>
        )}
        {(permissions.update || permissions.remove) && (
          <Menu position="bottom-end" width={190}>
            <Menu.Target>
              <ActionIcon ml="auto" aria-label={`More for ${name}`} loading={enable.isPending}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {permissions.update && (
                <>
                  <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setDialog('edit')}>
                    Edit
                  </Menu.Item>
                  <Menu.Item
                    leftSection={enabled ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
                    onClick={() => (enabled ? setDialog('disable') : enable.mutate())}
                  >
                    {enabled ? 'Disable' : 'Enable'}
                  </Menu.Item>
                </>
              )}
              {permissions.remove && (
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
      </Group>
      <EditConnection connection={connection} opened={dialog === 'edit'} onClose={close} />
      {provider && (
        <RotateCredentials
          connection={connection}
          provider={provider}
          opened={dialog === 'rotate'}
          onClose={close}
        />
      )}
      <DisableConnection connection={connection} opened={dialog === 'disable'} onClose={close} />
      <DeleteConnection connection={connection} opened={dialog === 'delete'} onClose={close} />
    </article>
  );
}

function ConnectionState({ connection }: { connection: Connection }) {
  const { last_test: test } = connection;
  if (!connection.enabled) return <Badge tone="idle">Disabled</Badge>;
  if (connection.credentials_shredded) return <Badge tone="bad">Unreadable</Badge>;
  if (connection.flag !== null) return <Badge tone="bad">Refused</Badge>;
  if (connection.circuit !== 'closed') return <Badge tone="bad">Not answering</Badge>;
  if (test === null) return <Badge tone="idle">Not tested</Badge>;
  return test.ok ? <Badge tone="good">Works</Badge> : <Badge tone="bad">Test failed</Badge>;
}

function LastTest({ connection }: { connection: Connection }) {
  const { last_test: test } = connection;
  if (test === null) return <span>{connection.credentials_shredded ? 'of what is gone' : 'never'}</span>;
  return (
    <>
      <Moment at={test.at} />
      <span className={classes.message}>
        {test.message}
        {test.duration_ms !== null && ` (${test.duration_ms} ms)`}
      </span>
    </>
  );
}
