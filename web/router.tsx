// Which page stands at which address. Each page is loaded when it is first asked for.
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import type { JobFilter } from './api/queries.ts';
import type { AuditFilter } from './audit/audit-requests.ts';
import { read } from './search.ts';
import { PageFailed, PageLoading, PageNotFound } from './shell/page-states.tsx';
import { SignedIn } from './shell/signed-in.tsx';

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: SignedIn,
  notFoundComponent: PageNotFound,
});

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/jobs' });
  },
});

const jobs = createRoute({
  getParentRoute: () => root,
  path: '/jobs',
  validateSearch: (search): JobFilter => ({
    workflow: read.text(search.workflow),
    status: read.oneOf(search.status, ['ACTIVE', 'DONE', 'ERROR', 'CANCELLED'] as const),
    state: read.text(search.state),
    key: read.text(search.key),
    hours: read.number(search.hours),
  }),
  component: lazyRouteComponent(() => import('./jobs/jobs-page.tsx'), 'JobsPage'),
});

const job = createRoute({
  getParentRoute: () => root,
  path: '/jobs/$jobId',
  component: lazyRouteComponent(() => import('./jobs/job-page.tsx'), 'JobPage'),
});

const workflows = createRoute({
  getParentRoute: () => root,
  path: '/workflows',
  component: lazyRouteComponent(() => import('./workflows/workflows-page.tsx'), 'WorkflowsPage'),
});

const workflow = createRoute({
  getParentRoute: () => root,
  path: '/workflows/$workflow',
  validateSearch: (search): { version?: number | undefined } => ({ version: read.number(search.version) }),
  component: lazyRouteComponent(() => import('./workflows/workflow-page.tsx'), 'WorkflowPage'),
});

const integrations = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations',
  component: lazyRouteComponent(() => import('./integrations/integrations-page.tsx'), 'IntegrationsPage'),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: (search): AuditFilter => ({
    kind: read.text(search.kind),
    actor: read.text(search.actor),
    subject: read.text(search.subject),
    days: read.number(search.days),
  }),
  component: lazyRouteComponent(() => import('./audit/audit-page.tsx'), 'AuditPage'),
});

const tree = root.addChildren([start, jobs, job, workflows, workflow, integrations, audit]);

export function createPages(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: 'intent',
    defaultPendingComponent: PageLoading,
    defaultErrorComponent: PageFailed,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPages>;
  }
}
