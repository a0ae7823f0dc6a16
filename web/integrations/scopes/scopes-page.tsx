// The tree of an organisation, and of each place in it what belongs there: workflows, supplies, subscriptions.
import { Grid, Skeleton, Stack } from '@mantine/core';
import { IconBox, IconBuilding, IconFolder, IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { meQuery, workflowsQuery } from '../../api/queries.ts';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { scopesQuery } from '../integration-requests.ts';
import { IntegrationsFrame } from '../integrations-frame.tsx';
import { type FlatScope, flatScopes } from './flat-scopes.ts';
import { ScopeHead } from './scope-head.tsx';
import { ScopeSubscriptions } from './scope-subscriptions.tsx';
import { ScopeSupplies } from './scope-supplies.tsx';
import { ScopeWorkflows } from './scope-workflows.tsx';
import classes from './scopes-page.module.css';

const ICONS = { stack: IconStack2, namespace: IconFolder, module: IconBox };

export function ScopesPage() {
  const { scope: chosen } = useSearch({ from: '/admin/integrations/scopes' });
  const scopes = useQuery(scopesQuery);
  const flat = scopes.data ? flatScopes(scopes.data) : [];
  const scope = flat.find(({ id }) => id === chosen) ?? null;
  return (
    <IntegrationsFrame
      tab="Scopes"
      description="Where workflows stand: stacks hold namespaces, and those hold modules. What is supplied or subscribed somewhere holds for everything in it."
    >
      {scopes.isError && <ProblemNote error={scopes.error} onRetry={() => void scopes.refetch()} />}
      {scopes.isPending && <Skeleton height={240} radius="md" />}
      {scopes.data && (
        <Grid gutter="md">
          <Grid.Col span={{ base: 12, md: 4 }}>
            <Tree scopes={flat} chosen={scope?.id ?? null} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 8 }}>
            <Stack key={scope?.id ?? ''}>
              <ScopeHead scope={scope} scopes={flat} />
              <ScopeSupplies scope={scope} scopes={flat} />
              <ScopeSubscriptions scope={scope} scopes={flat} />
              <ScopeWorkflows scope={scope} scopes={flat} />
            </Stack>
          </Grid.Col>
        </Grid>
      )}
    </IntegrationsFrame>
  );
}

/** Each level is indented by so much. */
const INDENT_PX = 18;

function Tree({ scopes, chosen }: { scopes: readonly FlatScope[]; chosen: string | null }) {
  const { data: me } = useQuery(meQuery);
  const { data: workflows } = useQuery(workflowsQuery);
  const inModule = (id: string) => workflows?.filter(({ scope_id: at }) => at === id).length ?? 0;
  return (
    <Panel flush title="The organisation">
      <ul className={classes.tree}>
        <li>
          <Link
            to="/admin/integrations/scopes"
            search={{}}
            className={classes.scope}
            data-chosen={chosen === null}
            aria-current={chosen === null ? 'true' : undefined}
          >
            <IconBuilding size={17} stroke={1.7} aria-hidden />
            {me?.tenant.name ?? 'Organisation'}
          </Link>
        </li>
        {scopes.map(({ id, kind, name, depth }) => {
          const Sign = ICONS[kind];
          const count = kind === 'module' ? inModule(id) : 0;
          return (
            <li key={id} style={{ paddingLeft: (depth + 1) * INDENT_PX }}>
              <Link
                to="/admin/integrations/scopes"
                search={{ scope: id }}
                className={classes.scope}
                data-chosen={chosen === id}
                aria-current={chosen === id ? 'true' : undefined}
                title={kind}
              >
                <Sign size={17} stroke={1.7} aria-hidden />
                {name}
                {count > 0 && (
                  <span className={classes.counts}>
                    {count} {count === 1 ? 'workflow' : 'workflows'}
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
