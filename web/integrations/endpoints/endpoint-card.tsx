// One endpoint: where it is, whether it answers, who tells it what, and what can be done with it.
import { ActionIcon, Button, Group, Menu, Modal, NumberInput, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconDots,
  IconKey,
  IconLink,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconTrash,
} from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { asProblem } from '../../api/problem.ts';
import { Confirm } from '../../elements/confirm.tsx';
import { ButtonLink } from '../../elements/links.tsx';
import { Moment } from '../../elements/moment.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { SecretOnce } from '../../elements/secret-once.tsx';
import { Badge } from '../../elements/status-badge.tsx';
import card from '../connection-card.module.css';
import { signingKeysQuery, subscriptionsQuery } from '../integration-requests.ts';
import mark from '../provider-mark.module.css';
import { EndpointForm } from './endpoint-form.tsx';
import { EndpointHealth } from './endpoint-health.tsx';
import { changeEndpoint, deleteEndpoint, rotateEndpoint } from './endpoint-requests.ts';
import { SIGNED_BY } from './signed-by.tsx';
import { unreadableOf } from './unreadable.ts';

type Endpoint = Resource<'Endpoint'>;

export function EndpointCard({ endpoint, mayWrite }: { endpoint: Endpoint; mayWrite: boolean }) {
  const [dialog, setDialog] = useState<'edit' | 'rotate' | 'disable' | 'delete' | null>(null);
  const queries = useQueryClient();
  const { data: subscriptions } = useQuery(subscriptionsQuery);
  const { data: organisation } = useQuery(signingKeysQuery);
  const changed = () =>
    Promise.all(['endpoints', 'subscriptions'].map((of) => queries.invalidateQueries({ queryKey: [of] })));
  const enable = useMutation({
    mutationFn: () => changeEndpoint(endpoint.id, { enabled: true }),
    onSettled: changed,
    onError: (error) => notifications.show({ color: 'red', message: asProblem(error).message }),
  });
  const told = subscriptions?.filter((one) => one.endpoint?.endpoint_id === endpoint.id) ?? [];
  const unreadable = unreadableOf({ endpoint, keys: organisation?.keys ?? [] });
  const { host, pathname } = placeOf(endpoint.url);
  const close = () => setDialog(null);
  return (
    <article className={card.card} data-enabled={endpoint.enabled} aria-label={endpoint.url}>
      <div className={card.head}>
        <span
          className={mark.mark}
          style={{ width: 36, height: 36, '--hue': 285 } as React.CSSProperties}
          aria-hidden
        >
          <IconLink size={20} stroke={1.7} />
        </span>
        <div className={card.names}>
          <h2 className={card.name}>{host}</h2>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {pathname}
          </Text>
        </div>
        <State endpoint={endpoint} isUnreadable={unreadable.length > 0} />
      </div>
      <dl className={card.facts}>
        {endpoint.description !== '' && (
          <div>
            <dt>What it is</dt>
            <dd>{endpoint.description}</dd>
          </div>
        )}
        <div>
          <dt>Told by</dt>
          <dd>{told.length === 0 ? 'no subscription' : told.map(({ name }) => name).join(', ')}</dd>
        </div>
        <div>
          <dt>Signed by</dt>
          <dd>{SIGNED_BY[endpoint.signed_by]}</dd>
        </div>
        {endpoint.paused_until !== null && (
          <div>
            <dt>Pause</dt>
            <dd>
              it asked for one, which ends <Moment at={endpoint.paused_until} />
            </dd>
          </div>
        )}
        {endpoint.previous_secret_until !== null && endpoint.signed_by !== 'key' && (
          <div>
            <dt>Old secret</dt>
            <dd>
              signs too, ends <Moment at={endpoint.previous_secret_until} />
            </dd>
          </div>
        )}
      </dl>
      {!endpoint.enabled && endpoint.disabled_reason !== null && (
        <p className={card.flag} role="status">
          It was disabled: {endpoint.disabled_reason}. When it answers again, enable it and replay what it
          missed.
        </p>
      )}
      {unreadable.map((what) => (
        <p key={what} className={card.flag} role="status">
          {what}
        </p>
      ))}
      {endpoint.enabled && <EndpointHealth endpoint={endpoint} mayWrite={mayWrite} />}
      <Group gap="xs" mt="auto" pt={4}>
        <ButtonLink
          to="/admin/integrations/deliveries"
          search={{ endpoint: endpoint.id }}
          size="compact-sm"
          variant="default"
        >
          Deliveries
        </ButtonLink>
        {mayWrite && !endpoint.enabled && (
          <Button size="compact-sm" loading={enable.isPending} onClick={() => enable.mutate()}>
            Enable
          </Button>
        )}
        {mayWrite && endpoint.enabled && endpoint.signed_by !== 'key' && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconKey size={15} />}
            onClick={() => setDialog('rotate')}
          >
            Rotate
          </Button>
        )}
        {mayWrite && (
          <Menu position="bottom-end" width={180}>
            <Menu.Target>
              <ActionIcon ml="auto" aria-label={`More for ${endpoint.url}`}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setDialog('edit')}>
                Edit
              </Menu.Item>
              {(!endpoint.enabled || endpoint.signed_by === 'key') && (
                <Menu.Item leftSection={<IconKey size={16} />} onClick={() => setDialog('rotate')}>
                  Rotate the secret
                </Menu.Item>
              )}
              <Menu.Item
                leftSection={endpoint.enabled ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
                onClick={() => (endpoint.enabled ? setDialog('disable') : enable.mutate())}
              >
                {endpoint.enabled ? 'Disable' : 'Enable'}
              </Menu.Item>
              <Menu.Item
                color="red"
                leftSection={<IconTrash size={16} />}
                onClick={() => setDialog('delete')}
              >
                Delete
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
      <EndpointForm endpoint={endpoint} opened={dialog === 'edit'} onClose={close} />
      <Modal opened={dialog === 'rotate'} onClose={close} title="Rotate the secret">
        <Rotate endpoint={endpoint} onClose={close} />
      </Modal>
      <Confirm
        title={`Disable ${host}?`}
        does="Disable"
        keeps="Keep it on"
        opened={dialog === 'disable'}
        onClose={close}
        onConfirm={async () => {
          await changeEndpoint(endpoint.id, { enabled: false });
          await changed();
        }}
      >
        Until it is enabled again, its deliveries are skipped, also those that wait.{' '}
        {told.length === 0
          ? 'No subscription tells it anything.'
          : `Subscriptions that tell it: ${told.map(({ name }) => name).join(', ')}.`}
      </Confirm>
      <Confirm
        title={`Delete ${host}?`}
        does="Delete"
        opened={dialog === 'delete'}
        onClose={close}
        onConfirm={async () => {
          await deleteEndpoint(endpoint.id);
          await changed();
        }}
      >
        {told.length === 0
          ? 'No subscription tells it anything. Its deliveries stay to be looked at.'
          : `It cannot be deleted while subscriptions tell it: ${told.map(({ name }) => name).join(', ')}. Unsubscribe them first.`}
      </Confirm>
    </article>
  );
}

function State({ endpoint, isUnreadable }: { endpoint: Endpoint; isUnreadable: boolean }) {
  if (!endpoint.enabled) return <Badge tone="idle">Disabled</Badge>;
  if (isUnreadable) return <Badge tone="bad">Unreadable</Badge>;
  if (endpoint.circuit === 'half_open') return <Badge tone="wait">Finding out</Badge>;
  if (endpoint.circuit === 'open') return <Badge tone="bad">Not answering</Badge>;
  if (endpoint.failing_since !== null) return <Badge tone="bad">Failing</Badge>;
  if (endpoint.paused_until !== null) return <Badge tone="wait">Paused</Badge>;
  return <Badge tone="good">On</Badge>;
}

/** Stored URLs are valid; one that is not is shown as it is. */
function placeOf(url: string): { host: string; pathname: string } {
  if (!URL.canParse(url)) return { host: url, pathname: '' };
  const { host, pathname, search } = new URL(url);
  return { host, pathname: pathname + search };
}

const OVERLAP_HOURS = 24;
const OVERLAP_HOURS_MAX = 168;

function Rotate({ endpoint, onClose }: { endpoint: Endpoint; onClose(): void }) {
  const [hours, setHours] = useState<number | string>(OVERLAP_HOURS);
  const queries = useQueryClient();
  const rotate = useMutation({
    mutationFn: () => rotateEndpoint(endpoint.id, Number(hours || 0)),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['endpoints'] }),
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    rotate.mutate();
  }

  if (rotate.data) {
    const { secret, previous_expires_at: until } = rotate.data;
    return (
      <Stack>
        <SecretOnce secret={secret} />
        <Text size="sm">
          {until === null ? (
            'The secret before signs no more.'
          ) : (
            <>
              Requests carry a signature of each secret; that of the one before ends <Moment at={until} />.
            </>
          )}
        </Text>
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <NumberInput
          label="Hours in which both sign"
          description="0 when the secret before is known to strangers."
          value={hours}
          onChange={setHours}
          min={0}
          max={OVERLAP_HOURS_MAX}
          data-autofocus
        />
        {rotate.isError && <ProblemNote error={rotate.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={rotate.isPending}>
            Rotate
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
