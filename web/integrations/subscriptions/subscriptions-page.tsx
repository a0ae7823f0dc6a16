// Who is told of what, and whether they can be.
import { Group, Select, Skeleton, Switch, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBell, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Resource } from '../../api/client.ts';
import { asProblem, keepsFromShowing } from '../../api/problem.ts';
import { connectionsQuery } from '../../api/queries.ts';
import { Empty } from '../../elements/empty.tsx';
import { ButtonLink } from '../../elements/links.tsx';
import list from '../../elements/list-table.module.css';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { endpointsQuery, scopesQuery, subscriptionsQuery, useMay } from '../integration-requests.ts';
import { IntegrationsFrame } from '../integrations-frame.tsx';
import { flatScopes, scopeChoices } from '../scopes/flat-scopes.ts';
import row from '../sources/triggers.module.css';
import { ReachBadge } from './reach-badge.tsx';
import { spokenTrigger } from './spoken-trigger.ts';
import { changeSubscription } from './subscription-requests.ts';

type Subscription = Resource<'Subscription'>;
/** In the address; the organisation's own scope has no id. */
const ORGANISATION = 'organisation';

export function SubscriptionsPage() {
  const { scope } = useSearch({ from: '/admin/integrations/subscriptions' });
  const navigate = useNavigate({ from: '/admin/integrations/subscriptions' });
  const subscriptions = useQuery(subscriptionsQuery);
  const { data: scopes } = useQuery(scopesQuery);
  const mayWrite = useMay()('subscription.write');
  const flat = scopes ? flatScopes(scopes) : [];
  const rows = (subscriptions.data ?? []).filter(
    ({ scope_id: at }) => scope === undefined || at === (scope === ORGANISATION ? null : scope),
  );
  const paths = new Map(flat.map(({ id, path }) => [id, path]));
  const add = mayWrite && (
    <ButtonLink
      to="/admin/integrations/subscriptions/$subscriptionId"
      params={{ subscriptionId: 'new' }}
      search={{ scope: scope === ORGANISATION ? undefined : scope }}
      leftSection={<IconPlus size={16} />}
    >
      Subscribe
    </ButtonLink>
  );
  return (
    <IntegrationsFrame
      tab="Subscriptions"
      description="Who is told of what happens to jobs. A connection tells only where it is supplied; an endpoint needs no supply."
      actions={subscriptions.data && subscriptions.data.length > 0 && add}
    >
      {subscriptions.isError && (
        <ProblemNote error={subscriptions.error} onRetry={() => void subscriptions.refetch()} />
      )}
      {subscriptions.data && subscriptions.data.length > 0 && (
        <Group mb="sm">
          <Select
            aria-label="Scope"
            placeholder="Any scope"
            w={260}
            data={scopeChoices(flat).map((one) => ({ ...one, value: one.value || ORGANISATION }))}
            value={scope ?? null}
            onChange={(value) => void navigate({ search: { scope: value ?? undefined }, replace: true })}
            clearable
            searchable
          />
        </Group>
      )}
      {!keepsFromShowing(subscriptions) && (
        <Panel flush>
          {subscriptions.isPending && <Skeleton height={120} m="md" w="auto" />}
          {subscriptions.data && rows.length === 0 && (
            <Empty
              icon={IconBell}
              title={scope === undefined ? 'Nobody is told of anything yet' : 'None on this scope'}
              action={add}
            >
              A subscription waits for something to happen to jobs, such as one that is done or an action that
              fails, and tells Slack, another system, or a URL of yours.
            </Empty>
          )}
          {rows.length > 0 && <SubscriptionTable rows={rows} paths={paths} mayWrite={mayWrite} />}
        </Panel>
      )}
    </IntegrationsFrame>
  );
}

function SubscriptionTable({
  rows,
  paths,
  mayWrite,
}: {
  rows: readonly Subscription[];
  paths: ReadonlyMap<string, string>;
  mayWrite: boolean;
}) {
  const { data: connections } = useQuery(connectionsQuery);
  const { data: endpoints } = useQuery(endpointsQuery);
  const targetOf = ({ action, endpoint }: Subscription): string => {
    if (endpoint) return endpoints?.find(({ id }) => id === endpoint.endpoint_id)?.url ?? 'an endpoint';
    const { connection_id: of } = (action?.params ?? {}) as { connection_id?: string };
    return connections?.find(({ id }) => id === of)?.connection_name ?? 'a connection';
  };
  return (
    <table className={list.table}>
      <thead>
        <tr>
          <th>Subscription</th>
          <th>Where</th>
          <th>Tells</th>
          <th>State</th>
          <th>On</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((subscription) => (
          <tr key={subscription.id}>
            <td>
              <Link
                to="/admin/integrations/subscriptions/$subscriptionId"
                params={{ subscriptionId: subscription.id }}
                className={list.opens}
              >
                {subscription.name}
              </Link>
              <Text size="xs" c="dimmed">
                {spokenTrigger(subscription.trigger)}
              </Text>
              <div className={list.under}>{targetOf(subscription)}</div>
            </td>
            <td className={`${list.wide} ${list.long}`}>
              {subscription.scope_id === null
                ? 'the organisation'
                : (paths.get(subscription.scope_id) ?? 'a scope')}
            </td>
            <td className={list.wide}>
              <span className={row.clip} title={targetOf(subscription)}>
                {targetOf(subscription)}
              </span>
            </td>
            <td className={list.last}>
              <ReachBadge subscription={subscription} />
            </td>
            <td className={list.wide}>
              <OnOff subscription={subscription} mayWrite={mayWrite} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function OnOff({ subscription, mayWrite }: { subscription: Subscription; mayWrite: boolean }) {
  const queries = useQueryClient();
  const enable = useMutation({
    mutationFn: (enabled: boolean) => changeSubscription(subscription.id, { enabled }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['subscriptions'] }),
    onError: (error) => notifications.show({ color: 'red', message: asProblem(error).message }),
  });
  return (
    <Switch
      className={row.switch}
      size="sm"
      aria-label={`${subscription.name} is on`}
      checked={enable.isPending ? enable.variables : subscription.enabled}
      disabled={!mayWrite}
      onChange={(event) => enable.mutate(event.currentTarget.checked)}
    />
  );
}
