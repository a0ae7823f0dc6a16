// What every list of integrations has above it: the heading, a sentence, and the way to the others.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { PageHeader } from '../elements/page-header.tsx';
import classes from './integrations-frame.module.css';

const TABS = [
  ['/admin/integrations', 'Connections'],
  ['/admin/integrations/sources', 'Sources'],
  ['/admin/integrations/scopes', 'Scopes'],
  ['/admin/integrations/subscriptions', 'Subscriptions'],
  ['/admin/integrations/deliveries', 'Deliveries'],
  ['/admin/integrations/endpoints', 'Endpoints'],
] as const;

export function IntegrationsFrame({
  tab,
  description,
  actions,
  children,
}: {
  tab: (typeof TABS)[number][1];
  description: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <>
      <PageHeader title="Integrations" tabTitle={tab} description={description} actions={actions} />
      <nav className={classes.tabs} aria-label="Integrations">
        {TABS.map(([to, label]) => (
          <Link
            key={to}
            to={to}
            className={classes.tab}
            activeOptions={{ exact: true, includeSearch: false }}
          >
            {label}
          </Link>
        ))}
      </nav>
      {children}
    </>
  );
}
