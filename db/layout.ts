// Where the rows of each table live once Postgres is distributed. On one Postgres it changes nothing. A test compares it
// with the catalogue, so a new table must say.

/**
 * - `distributed`: by `shard`, beside all other rows of the same shard
 * - `reference`: a copy on every server, because statements about a shard read it too; small, and seldom written
 * - `local`: on the server that clients connect to; never in one statement with a distributed table
 */
export type Placement = 'distributed' | 'reference' | 'local';

/** Those that others have foreign keys to come before these others. */
export const LAYOUT = {
  encryption_keys: 'reference',
  workers: 'reference',

  shards: 'distributed',
  scopes: 'distributed',
  workflows: 'distributed',
  workflow_versions: 'distributed',
  connections: 'distributed',
  connection_health: 'distributed',
  connection_rates: 'distributed',
  connection_tests: 'distributed',
  endpoints: 'distributed',
  endpoint_secrets: 'distributed',
  endpoint_health: 'distributed',
  signing_keys: 'distributed',
  sources: 'distributed',
  source_gaps: 'distributed',
  triggers: 'distributed',
  inbound_events: 'distributed',
  inbound_deliveries: 'distributed',
  inbound_queue: 'distributed',
  groups: 'distributed',
  group_members: 'distributed',
  role_assignments: 'distributed',
  api_keys: 'distributed',
  tenant_keys: 'distributed',
  idempotency_keys: 'distributed',
  jobs: 'distributed',
  job_keys: 'distributed',
  timers: 'distributed',
  dispatch_queue: 'distributed',
  action_runs: 'distributed',
  utility_ledger: 'distributed',
  usage_rollups: 'distributed',
  closed_periods: 'distributed',
  metering_settled: 'distributed',
  late_facts: 'distributed',
  metering_exports: 'distributed',
  metering_quotas: 'distributed',
  event_log: 'distributed',
  event_log_seals: 'distributed',
  event_log_checkpoints: 'distributed',
  event_log_verifications: 'distributed',
  event_log_sealers: 'distributed',
  supplies: 'distributed',
  subscriptions: 'distributed',
  subscription_messages: 'distributed',
  deliveries: 'distributed',
  notification_rules: 'distributed',

  // Which tenant is on which shard is asked before there is a shard to ask.
  tenants: 'local',
  tenant_moves: 'local',
  source_addresses: 'local',
  auth_accounts: 'local',
  auth_invitations: 'local',
  auth_members: 'local',
  auth_sessions: 'local',
  auth_users: 'local',
  auth_verifications: 'local',
  data_key_rotations: 'local',
  metering_progress: 'local',
  housekeeping: 'local',
  event_log_drops: 'local',
  pawl_migrations: 'local',
} as const satisfies Record<string, Placement>;

export type TableName = keyof typeof LAYOUT;

export const tablesPlaced = (placement: Placement): TableName[] =>
  (Object.keys(LAYOUT) as TableName[]).filter((table) => LAYOUT[table] === placement);
