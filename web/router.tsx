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
import {
  DELIVERY_STATUSES,
  type DeliveryFilter,
  INBOUND_STATUSES,
  type InboundEventFilter,
} from './integrations/integration-filters.ts';
import { PERIODS, type Period } from './metering/range.ts';
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
    from: read.time(search.from),
    to: read.time(search.to),
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

const newDesign = createRoute({
  getParentRoute: () => root,
  path: '/designer',
  validateSearch: (search): { draft?: 'new' | undefined } => ({
    draft: read.oneOf(search.draft, ['new'] as const),
  }),
  component: lazyRouteComponent(() => import('./designer/new-design-page.tsx'), 'NewDesignPage'),
});

const designer = createRoute({
  getParentRoute: () => root,
  path: '/designer/$workflow',
  validateSearch: (search): { version?: number | undefined; job?: string | undefined } => ({
    version: read.number(search.version),
    job: read.text(search.job),
  }),
  component: lazyRouteComponent(() => import('./designer/designer-page.tsx'), 'DesignerPage'),
});

const integrations = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations',
  component: lazyRouteComponent(() => import('./integrations/integrations-page.tsx'), 'IntegrationsPage'),
});

const connection = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/connections/$connectionId',
  component: lazyRouteComponent(
    () => import('./integrations/connections/connection-page.tsx'),
    'ConnectionPage',
  ),
});

const sources = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/sources',
  component: lazyRouteComponent(() => import('./integrations/sources/sources-page.tsx'), 'SourcesPage'),
});

const source = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/sources/$sourceId',
  validateSearch: (search): Omit<InboundEventFilter, 'source'> => ({
    status: read.oneOf(search.status, INBOUND_STATUSES),
    type: read.text(search.type),
  }),
  component: lazyRouteComponent(() => import('./integrations/sources/source-page.tsx'), 'SourcePage'),
});

const trigger = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/sources/$sourceId/triggers/$triggerId',
  component: lazyRouteComponent(() => import('./integrations/sources/trigger-page.tsx'), 'TriggerPage'),
});

const inboundEvent = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/events/$eventId',
  component: lazyRouteComponent(
    () => import('./integrations/sources/inbound-event-page.tsx'),
    'InboundEventPage',
  ),
});

const scopes = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/scopes',
  validateSearch: (search): { scope?: string | undefined } => ({ scope: read.text(search.scope) }),
  component: lazyRouteComponent(() => import('./integrations/scopes/scopes-page.tsx'), 'ScopesPage'),
});

const subscriptions = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/subscriptions',
  validateSearch: (search): { scope?: string | undefined } => ({ scope: read.text(search.scope) }),
  component: lazyRouteComponent(
    () => import('./integrations/subscriptions/subscriptions-page.tsx'),
    'SubscriptionsPage',
  ),
});

const subscription = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/subscriptions/$subscriptionId',
  validateSearch: (search): { scope?: string | undefined } => ({ scope: read.text(search.scope) }),
  component: lazyRouteComponent(
    () => import('./integrations/subscriptions/subscription-page.tsx'),
    'SubscriptionPage',
  ),
});

const deliveries = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/deliveries',
  validateSearch: (search): DeliveryFilter => ({
    subscription: read.text(search.subscription),
    connection: read.text(search.connection),
    endpoint: read.text(search.endpoint),
    status: read.oneOf(search.status, DELIVERY_STATUSES),
    hours: read.number(search.hours),
  }),
  component: lazyRouteComponent(
    () => import('./integrations/deliveries/deliveries-page.tsx'),
    'DeliveriesPage',
  ),
});

const delivery = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/deliveries/$deliveryId',
  component: lazyRouteComponent(() => import('./integrations/deliveries/delivery-page.tsx'), 'DeliveryPage'),
});

const endpoints = createRoute({
  getParentRoute: () => root,
  path: '/admin/integrations/endpoints',
  component: lazyRouteComponent(() => import('./integrations/endpoints/endpoints-page.tsx'), 'EndpointsPage'),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  staticData: { isPublic: true },
  component: lazyRouteComponent(() => import('./session/invitation-page.tsx'), 'InvitationPage'),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  staticData: { isPublic: true },
  component: lazyRouteComponent(() => import('./session/setup-page.tsx'), 'SetupPage'),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  beforeLoad: () => {
    throw redirect({ to: '/settings/$section', params: { section: 'organisation' } });
  },
});

const settingsSection = createRoute({
  getParentRoute: () => root,
  path: '/settings/$section',
  component: lazyRouteComponent(() => import('./settings/settings-page.tsx'), 'SettingsPage'),
});

const metering = createRoute({
  getParentRoute: () => root,
  path: '/metering',
  validateSearch: (search): { period?: Period | undefined } => ({
    period: read.oneOf(search.period, Object.keys(PERIODS) as Period[]),
  }),
  component: lazyRouteComponent(() => import('./metering/metering-page.tsx'), 'MeteringPage'),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: (search): AuditFilter => ({
    kind: read.text(search.kind),
    actor: read.text(search.actor),
    subject: read.text(search.subject),
    days: read.number(search.days),
    from: read.time(search.from),
    to: read.time(search.to),
  }),
  component: lazyRouteComponent(() => import('./audit/audit-page.tsx'), 'AuditPage'),
});

const tree = root.addChildren([
  start,
  jobs,
  job,
  workflows,
  workflow,
  newDesign,
  designer,
  integrations,
  connection,
  sources,
  source,
  trigger,
  inboundEvent,
  scopes,
  subscriptions,
  subscription,
  deliveries,
  delivery,
  endpoints,
  metering,
  audit,
  settings,
  settingsSection,
  invitation,
  setup,
]);

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
