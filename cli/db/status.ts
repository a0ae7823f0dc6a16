// What `pawl db status` says: for people in columns, for programs as JSON.
import type { DatabaseStatus } from '../../db/database-status.ts';

/** Sections with an empty line between them. */
export function linesOfStatus(status: DatabaseStatus): string[] {
  const sections = [
    [status.citus ? 'Laid out over Citus.' : 'One Postgres.'],
    status.tables.map(({ table, bytes }) => `${table.padEnd(24)}${megabytes(bytes)}`),
    serverLines(status),
    bucketLines(status),
    shardLines(status),
    tenantLines(status),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, nth) => (nth === 0 ? lines : ['', ...lines]));
}

function serverLines({ servers }: DatabaseStatus): string[] {
  const ofMean = comparedTo(servers);
  return servers.map(
    ({ server, buckets, bytes }) =>
      `${server.padEnd(24)}${megabytes(bytes)}  ${buckets} buckets${ofMean(bytes)}`,
  );
}

/** Buckets are what can be moved from server to server: one that is much larger than the others limits how even they get. */
function bucketLines({ buckets }: DatabaseStatus): string[] {
  const ofMean = comparedTo(buckets);
  return buckets.map(
    ({ server, bucket, bytes, shards }) =>
      `bucket ${bucket}  ${server}${megabytes(bytes)}  shards ${shards.join(', ')}${ofMean(bytes)}`,
  );
}

function shardLines({ shards }: DatabaseStatus): string[] {
  const ofMean = comparedTo(shards);
  return shards.map(({ shard, tenants, activeJobs, queued, bytes, server, bucket }) => {
    const place = server === null ? '' : `  ${server} bucket ${bucket}`;
    const counts = `${tenants} tenants  ${activeJobs} active jobs  ${queued} queued`;
    return `shard ${String(shard).padStart(2)}${megabytes(bytes)}${ofMean(bytes)}  ${counts}${place}`;
  });
}

function tenantLines({ tenants }: DatabaseStatus): string[] {
  return tenants.map(({ slug, shard, bytes, share }) => {
    const percent = `${(100 * share).toFixed(1)} %`.padStart(7);
    return `${slug.padEnd(24)}${megabytes(bytes)}  ${percent} of all tenants  shard ${shard}`;
  });
}

function comparedTo(uses: readonly { bytes: number }[]): (bytes: number) => string {
  const mean = uses.reduce((sum, { bytes }) => sum + bytes, 0) / Math.max(1, uses.length);
  return (bytes) => (mean === 0 ? '' : `  ${(bytes / mean).toFixed(2)} of the mean`);
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1).padStart(10)} MiB`;

/** In the spelling of the API. */
export const statusAsJson = ({ shards, tenants, ...status }: DatabaseStatus): object => ({
  ...status,
  shards: shards.map(({ activeJobs, bytes, ...shard }) => ({
    ...shard,
    active_jobs: activeJobs,
    bytes: Math.round(bytes),
  })),
  tenants: tenants.map(({ bytes, ...tenant }) => ({ ...tenant, bytes: Math.round(bytes) })),
});
