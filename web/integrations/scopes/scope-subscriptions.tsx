// Who is told of what happens in a scope, and whether anybody can be.
import { Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ButtonLink, TextLink } from '../../elements/links.tsx';
import { Panel } from '../../elements/panel.tsx';
import { subscriptionsQuery, useMay } from '../integration-requests.ts';
import { ReachBadge } from '../subscriptions/reach-badge.tsx';
import { spokenTrigger } from '../subscriptions/spoken-trigger.ts';
import type { FlatScope } from './flat-scopes.ts';
import classes from './scopes-page.module.css';

export function ScopeSubscriptions({
  scope,
  scopes,
}: {
  scope: FlatScope | null;
  scopes: readonly FlatScope[];
}) {
  const { data } = useQuery(subscriptionsQuery);
  const mayWrite = useMay()('subscription.write');
  const above = new Set<string | null>(scope === null ? [] : [null, ...scope.above]);
  const here = data?.filter(({ scope_id: at }) => at === (scope?.id ?? null)) ?? [];
  const inherited = data?.filter(({ scope_id: at }) => above.has(at)) ?? [];
  const nameOf = (id: string | null) =>
    id === null ? 'the organisation' : (scopes.find((one) => one.id === id)?.path ?? 'a scope above');
  return (
    <Panel
      title="Subscriptions"
      beside={
        mayWrite && (
          <ButtonLink
            to="/admin/integrations/subscriptions/$subscriptionId"
            params={{ subscriptionId: 'new' }}
            search={{ scope: scope?.id }}
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={14} />}
          >
            Subscribe
          </ButtonLink>
        )
      }
    >
      {here.length + inherited.length === 0 && (
        <Text size="sm" c="dimmed">
          Nobody is told of what happens here.
        </Text>
      )}
      {[...here, ...inherited].map((subscription) => (
        <div key={subscription.id} className={classes.row}>
          <div className={classes.grow}>
            <TextLink
              to="/admin/integrations/subscriptions/$subscriptionId"
              params={{ subscriptionId: subscription.id }}
              search={{}}
              size="sm"
            >
              {subscription.name}
            </TextLink>
            <Text size="xs" c="dimmed">
              {spokenTrigger(subscription.trigger)}
              {subscription.scope_id !== (scope?.id ?? null) && `, on ${nameOf(subscription.scope_id)}`}
            </Text>
          </div>
          <ReachBadge subscription={subscription} />
        </div>
      ))}
    </Panel>
  );
}
