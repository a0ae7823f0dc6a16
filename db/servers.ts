// The servers that databases are made on and dropped from again, by tests, benchmarks and the demo: one Postgres, or a Citus
// coordinator and its workers, whose databases of one name belong together. A copy of a distributed database is a copy of it on
// every server.
import type { Sql } from './client.ts';
import { openClient } from './driver.ts';

export interface Servers {
  /** What clients connect to: the one Postgres, or the coordinator. */
  adminUrl: string;
  /** Citus: the workers. Else none. */
  workerUrls: string[];
}

/** @param adminUrl of a coordinator that knows its workers, in the database that the URL names; superuser */
export async function citusServers(adminUrl: string): Promise<Servers> {
  const workers = await asAdmin(
    adminUrl,
    (admin) => admin<{ host: string; port: number }[]>`
      select nodename as host, nodeport as port from pg_dist_node where groupid <> 0 order by 1, 2`,
  );
  return { adminUrl, workerUrls: workers.map(({ host, port }) => serverAt(adminUrl, { host, port })) };
}

/**
 * @param template made if null: empty, and on Citus with all servers known to the coordinator
 * @returns its URL, with the login of `servers`
 */
export async function makeDatabase(servers: Servers, name: string, template: string | null): Promise<string> {
  const urls = [servers.adminUrl, ...servers.workerUrls];
  // wal_log was measured at half the time of file_copy for our template, and forces no checkpoint on the other tests.
  await everywhere(urls, (admin) =>
    template === null
      ? admin`create database ${admin(name)}`
      : admin`create database ${admin(name)} template ${admin(template)} strategy wal_log`,
  );
  if (servers.workerUrls.length > 0) {
    if (template === null) await makeCluster(servers, name);
    // `distribute` set it for the template; a copy does not take it along.
    else await asAdmin(servers.adminUrl, (admin) => propagateSettings(admin, name));
  }
  return databaseAt(servers.adminUrl, name);
}

const propagateSettings = (admin: Sql, name: string) =>
  admin`alter database ${admin(name)} set citus.propagate_set_commands = 'local'`;

async function makeCluster({ adminUrl, workerUrls }: Servers, name: string): Promise<void> {
  const inside = [adminUrl, ...workerUrls].map((url) => databaseAt(url, name));
  await everywhere(inside, (admin) => admin`create extension citus`);
  const { hostname, port } = new URL(adminUrl);
  await asAdmin(databaseAt(adminUrl, name), async (admin) => {
    await admin`select citus_set_coordinator_host(${hostname}, ${Number(port)})`;
    for (const url of workerUrls.map((text) => new URL(text))) {
      await admin`select citus_add_node(${url.hostname}, ${Number(url.port)})`;
    }
  });
}

/** So that it can be copied: Citus keeps a connection of its own to each database it knows. */
export async function closeDatabase({ adminUrl, workerUrls }: Servers, name: string): Promise<void> {
  await everywhere([adminUrl, ...workerUrls], async (admin) => {
    await admin`alter database ${admin(name)} with allow_connections false`;
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  });
}

export async function dropDatabase(servers: Servers, name: string): Promise<void> {
  const { adminUrl, workerUrls } = servers;
  // Citus comes back to it otherwise, between the end of its session and the end of the database.
  if (workerUrls.length > 0) await closeDatabase(servers, name).catch(() => {});
  await everywhere(
    [adminUrl, ...workerUrls],
    (admin) => admin`drop database if exists ${admin(name)} with (force)`,
  );
}

async function everywhere(urls: readonly string[], run: (admin: Sql) => PromiseLike<unknown>): Promise<void> {
  await Promise.all(urls.map((url) => asAdmin(url, run)));
}

async function asAdmin<T>(url: string, run: (admin: Sql) => PromiseLike<T>): Promise<T> {
  const admin = openClient(url, { max: 1, onnotice: () => {} });
  try {
    return await run(admin);
  } finally {
    await admin.end();
  }
}

/** The same server and login, another database. */
export function databaseAt(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

function serverAt(server: string, { host, port }: { host: string; port: number }): string {
  const url = new URL(server);
  url.hostname = host;
  url.port = String(port);
  return url.href;
}
