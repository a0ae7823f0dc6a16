// Everything the API is given from outside, and what each request carries once it is known who asks.
import type { BlockList } from 'node:net';
import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import type { Clock } from '../db/clock.ts';
import type { Ids } from '../db/new-id.ts';
import type { Notifier } from '../db/notifications.ts';
import type { Readiness } from '../db/readiness.ts';
import type { Reports } from '../db/reports.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import type { Policy } from '../egress/address-rules.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Span, Tracing } from '../telemetry/span.ts';
import type { Encrypt } from '../vault/encrypt.ts';
import type { OpenSourceSecret } from '../vault/source-secrets.ts';
import type { Authenticate, AuthenticateMember, Principal } from './auth/principal.ts';
import type { SignIn } from './auth/sign-in.ts';
import type { RequestLimits } from './request-limits.ts';
import type { WebFiles } from './web-files.ts';
import type { KnownSources } from './webhooks/known-sources.ts';

export interface ApiDeps {
  /** As role `pawl_api`. */
  db: Database;
  /** What may be read from a replica; absent: everything is read from `db`. */
  reports?: Reports | undefined;
  tenants: Tenants;
  jobs: Jobs;
  clock: Clock;
  ids: Ids;
  encrypt: Encrypt;
  /** What `encrypt` remembers of this tenant's keys does not hold any more. */
  forgetKeys(tenantId: string): void;
  /** Opens what signatures of inbound webhooks are checked with, and nothing else. */
  openSourceSecret: OpenSourceSecret;
  /** Sources as requests to them find them. */
  knownSources: KnownSources;
  /** Judges the addresses of a connection when it is saved; the worker judges again when it dials. */
  egressPolicy: Policy;
  authenticate: Authenticate;
  /** What a user may do in a tenant; null for who is no member of it. */
  authenticateMember: AuthenticateMember;
  /** Null: there are no sessions, only keys and tokens. */
  signIn: SignIn | null;
  /** Null: as many requests as come. */
  limits: RequestLimits | null;
  /** The origin that people open; undefined: the host that a request names. */
  publicUrl?: string | undefined;
  /** Addresses of proxies in front, whose X-Forwarded-For is believed. */
  proxies: BlockList;
  /** Tells the caches of this process what changed: a payload heard on `pawl_changed`, or `everything` after a gap. */
  changed(payload: string): void;
  /** Tells all processes. */
  notifier: Pick<Notifier, 'changed' | 'test' | 'inbound'>;
  watch: JobWatch;
  /** Tells workers that there is something in the queues of these shards. After the commit, never inside it. */
  wake(shards: ReadonlySet<number>): void;
  maxBodyBytes: number;
  /** Commits of inbound events in flight at once; each takes a connection. */
  inboundConcurrency: number;
  /** Where exports may go beside connections; default: nowhere. */
  exportDestinations?: readonly ('directory' | 's3')[];
  /** How long the test of a connection waits for a worker's answer, before the client is told to ask again. */
  testWaitMs: number;
  log: Logger;
  /** What /readyz says. */
  readiness(): Promise<Readiness>;
  /** Told of what it answers; for whoever counts. */
  meters?: ApiMeters | undefined;
  /** Absent: no traces. */
  tracing?: Tracing | undefined;
  version: string;
  /** The web application; absent where it was not built. */
  web?: WebFiles | null;
}

export interface ApiMeters {
  /** `route` is the pattern that matched, such as `/api/v1/jobs/:id`. */
  answered(request: { method: string; route: string; status: number; seconds: number }): void;
  /** A webhook of a source of this kind was stored. */
  received(kind: string): void;
}

/** Tells streams when a job they show has moved. */
export interface JobWatch {
  /** @returns ends the subscription */
  subscribe(tenant: Tenant, jobId: string, onChange: () => void): () => void;
  /** A job moved in this process: whoever watches it need not wait for the next poll. */
  moved(job: { tenantId: string; jobId: string }): void;
  /** Aborts when this process stops: streams end, and their clients go elsewhere. */
  readonly stopped: AbortSignal;
}

export interface AppEnv {
  Variables: {
    requestId: string;
    /** Set where traces are made. */
    span?: Span;
    /** Where the request comes from, as far as that is known; set under /api. */
    address: string | null;
    /** Set under /api/v1. */
    principal: Principal;
    /** The principal's tenant; set under /api/v1. */
    tenant: Tenant;
  };
}
