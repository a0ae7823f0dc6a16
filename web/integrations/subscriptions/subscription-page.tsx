// A subscription: what it waits for and what it says, and beside it the request as it would go out.
import { ActionIcon, Button, Grid, Menu, Skeleton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots, IconPlayerPause, IconPlayerPlay, IconSend2, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { asProblem, keepsFromShowing } from '../../api/problem.ts';
import { useRequestKey } from '../../api/request-key.ts';
import { Confirm } from '../../elements/confirm.tsx';
import { ButtonLink, WayBack } from '../../elements/links.tsx';
import { PageHeader } from '../../elements/page-header.tsx';
import { PageProblem } from '../../elements/page-problem.tsx';
import { Badge } from '../../elements/status-badge.tsx';
import { subscriptionQuery, useMay } from '../integration-requests.ts';
import { MessagePreview } from './message-preview.tsx';
import { ReachBadge } from './reach-badge.tsx';
import { NEW_SUBSCRIPTION, subscriptionDraftOf, subscriptionOf } from './subscription-draft.ts';
import { SubscriptionForm } from './subscription-form.tsx';
import { changeSubscription, subscribe, testSubscription, unsubscribe } from './subscription-requests.ts';

const FROM = '/admin/integrations/subscriptions/$subscriptionId';

export function SubscriptionPage() {
  const { subscriptionId } = useParams({ from: FROM });
  const isNew = subscriptionId === 'new';
  const subscription = useQuery({ ...subscriptionQuery(subscriptionId), enabled: !isNew });
  if (keepsFromShowing(subscription)) {
    const again = () => void subscription.refetch();
    return <PageProblem title="Subscription" trail={<Trail />} error={subscription.error} onRetry={again} />;
  }
  if (!isNew && !subscription.data) return <Skeleton height={300} radius="md" />;
  return <Editor key={subscriptionId} subscription={subscription.data ?? null} />;
}

const Trail = () => (
  <WayBack to="/admin/integrations/subscriptions" search={{}}>
    Subscriptions
  </WayBack>
);

function Editor({ subscription }: { subscription: Resource<'Subscription'> | null }) {
  const { scope = '' } = useSearch({ from: FROM });
  const [draft, setDraft] = useState(
    subscription ? subscriptionDraftOf(subscription) : { ...NEW_SUBSCRIPTION, scope },
  );
  const mayWrite = useMay()('subscription.write');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const spec = subscriptionOf(draft);
  const keyOf = useRequestKey();
  const save = useMutation({
    mutationFn: () => {
      if (spec === null) throw new Error('Something is missing.');
      const name = draft.name.trim();
      if (subscription === null) {
        const wanted = { ...spec, name };
        return subscribe(wanted, keyOf(wanted));
      }
      const { trigger: _, ...change } = spec;
      return changeSubscription(subscription.id, { ...change, name } as Resource<'SubscriptionChange'>);
    },
    onSuccess: async ({ id, name }) => {
      await queries.invalidateQueries({ queryKey: ['subscriptions'] });
      notifications.show({ message: `${name} holds from now on.` });
      await navigate({
        to: '/admin/integrations/subscriptions/$subscriptionId',
        params: { subscriptionId: id },
        search: {},
      });
    },
  });
  return (
    <>
      <PageHeader
        title={subscription?.name ?? 'New subscription'}
        trail={<Trail />}
        beside={
          <>
            {subscription && <ReachBadge subscription={subscription} />}
            {!mayWrite && <Badge tone="idle">To look at</Badge>}
          </>
        }
        actions={
          <>
            {subscription && <Actions subscription={subscription} />}
            {mayWrite && (
              <Button
                loading={save.isPending}
                disabled={spec === null || draft.name.trim() === ''}
                onClick={() => save.mutate()}
              >
                {subscription ? 'Save' : 'Subscribe'}
              </Button>
            )}
          </>
        }
      />
      <Grid gutter="md">
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <SubscriptionForm
            draft={draft}
            isNew={subscription === null}
            problem={save.isError ? asProblem(save.error) : null}
            readOnly={!mayWrite}
            onChange={setDraft}
          />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 6 }}>{mayWrite && <MessagePreview spec={spec} />}</Grid.Col>
      </Grid>
    </>
  );
}

function Actions({ subscription }: { subscription: Resource<'Subscription'> }) {
  const { id, name, enabled } = subscription;
  const [deleting, setDeleting] = useState(false);
  const mayWrite = useMay()('subscription.write');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const changed = () => queries.invalidateQueries({ queryKey: ['subscriptions'] });
  const onError = (error: unknown) => notifications.show({ color: 'red', message: asProblem(error).message });
  const test = useMutation({
    mutationFn: () => testSubscription(id),
    onSuccess: (delivery) =>
      navigate({
        to: '/admin/integrations/deliveries/$deliveryId',
        params: { deliveryId: delivery.id },
      }),
    onError,
  });
  const enable = useMutation({
    mutationFn: () => changeSubscription(id, { enabled: !enabled }),
    onSettled: changed,
    onError,
  });
  return (
    <>
      <ButtonLink to="/admin/integrations/deliveries" search={{ subscription: id }} variant="default">
        Deliveries
      </ButtonLink>
      {mayWrite && (
        <>
          <Button
            variant="default"
            leftSection={<IconSend2 size={16} />}
            loading={test.isPending}
            onClick={() => test.mutate()}
          >
            Send a test
          </Button>
          <Menu position="bottom-end" width={180}>
            <Menu.Target>
              <ActionIcon size={36} aria-label={`More for ${name}`} loading={enable.isPending}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                leftSection={enabled ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
                onClick={() => enable.mutate()}
              >
                {enabled ? 'Disable' : 'Enable'}
              </Menu.Item>
              <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => setDeleting(true)}>
                Unsubscribe
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      )}
      <Confirm
        title={`Unsubscribe ${name}?`}
        does="Unsubscribe"
        opened={deleting}
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          await unsubscribe(id);
          await navigate({ to: '/admin/integrations/subscriptions', search: {} });
          await changed();
        }}
      >
        What was due and has not gone out is skipped; the deliveries that were made stay.
      </Confirm>
    </>
  );
}
