// `pawl tenants`: makes tenants, lists them, moves them between shards, and makes what one stored unreadable.
import { createApiKey } from '../../api/auth/create-api-key.ts';
import { allTenants, createTenant, findTenant } from '../../db/operator.ts';
import { listMoves } from '../../db/statements/tenant-moves.ts';
import { PawlError } from '../../engine/errors.ts';
import { SHARD_COUNT } from '../../engine/shard-count.ts';
import { abortMove, moveTenant } from '../../processes/move-tenant.ts';
import { shredTenant } from '../../processes/shred-tenant.ts';
import { type Command, readArgs, required, subcommandOf, UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';
import { onShutdown } from '../shutdown.ts';

export const command: Command = {
  help: `
Usage: pawl tenants create --name <name> --slug <slug> [--shard <0..63>]
       pawl tenants list
       pawl tenants move <slug> --shard <0..63> [--pause-ms <n>]
       pawl tenants move <slug> --abort
       pawl tenants moves
       pawl tenants shred <slug> --yes

create  Makes a tenant and an API key with the role Owner. The key is shown once. Without --shard the tenant goes to one of
        four shards, on Citus to any (docs/scaling.md).
list    One line for each tenant: id, shard, slug, name.
move    Moves the tenant's rows to another shard while it works. It takes a few minutes at least, and the tenant stands still
        for a moment at the end: 1000 ms at most, or what --pause-ms says. A try that would take longer is undone and made
        again. If it is stopped or killed, run it again: it goes on where it was. --abort ends it before the switch.
moves   One line for each move, newest first: tenant, both shards, state, and how long the tenant stood still.
shred   Deletes the tenant's data keys: nobody can read the credentials it stored any more, and its actions fail from
        then on. This cannot be undone: credentials have to be entered again.`,
  async run(args) {
    const { name, rest } = subcommandOf(args, ['create', 'list', 'move', 'moves', 'shred']);
    return { create, list, move, moves, shred }[name](rest);
  },
};

async function create(args: string[]): Promise<number> {
  const { values } = readArgs(args, {
    name: { type: 'string' },
    slug: { type: 'string' },
    shard: { type: 'string' },
  });
  const request = { name: required(values.name, 'name'), slug: required(values.slug, 'slug') };
  const shard = values.shard === undefined ? {} : { shard: shardOf(values.shard) };
  return asOperator(async (db) => {
    const tenant = await createTenant(db, { ...request, ...shard });
    const { key } = await createApiKey(db, tenant, { name: 'first key', roles: ['Owner'] });
    console.log(`tenant   ${tenant.id}`);
    console.log(`shard    ${tenant.shard}`);
    console.log(`api key  ${key}`);
    console.log('The key is not shown again.');
    return 0;
  });
}

function shardOf(text: string): number {
  const last = SHARD_COUNT - 1;
  if (!/^\d{1,2}$/.test(text) || Number(text) > last)
    throw new UsageError(`--shard is not a number from 0 to ${last}.`);
  return Number(text);
}

async function list(args: string[]): Promise<number> {
  readArgs(args, {});
  return asOperator(async (db) => {
    for (const { id, shard, slug, name } of await allTenants(db)) {
      console.log([id, String(shard).padStart(2), slug.padEnd(20), name].join('  '));
    }
    return 0;
  });
}

const LONGEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MAX_MS = 600_000;

function pauseOf(text: string): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < 1 || Number(text) > LONGEST_PAUSE_MAX_MS)
    throw new UsageError(`--pause-ms is not a number of milliseconds from 1 to ${LONGEST_PAUSE_MAX_MS}.`);
  return Number(text);
}

async function move(args: string[]): Promise<number> {
  const options = {
    shard: { type: 'string' },
    'pause-ms': { type: 'string' },
    abort: { type: 'boolean' },
  } as const;
  const { values, positionals } = readArgs(args, options, ['slug']);
  const toShard = values.abort ? 0 : shardOf(required(values.shard, 'shard'));
  const longestPauseMs = pauseOf(values['pause-ms'] ?? String(LONGEST_PAUSE_MS));
  return asOperator(async (db) => {
    const tenant = await findTenant(db, positionals.slug);
    const onStep = (text: string) => console.error(text);
    if (values.abort) {
      await abortMove({ db, tenant, onStep });
      console.log(`${tenant.slug} stays on shard ${tenant.shard}; what was copied is deleted.`);
      return 0;
    }
    const stopping = new AbortController();
    const { asked } = onShutdown(() => process.exit(1));
    void asked.then(() => {
      onStep('Stopping. Run it again to go on, or with --abort to end it.');
      stopping.abort(new PawlError('Unavailable', 'move_stopped', `The move of ${tenant.slug} was stopped.`));
    });
    const { signal } = stopping;
    const { pauseMs } = await moveTenant({ db, tenant, toShard, longestPauseMs, onStep, signal });
    console.log(`${tenant.slug} is on shard ${toShard}; it stood still for ${pauseMs} ms.`);
    return 0;
  }, 'pawl_mover');
}

async function moves(args: string[]): Promise<number> {
  readArgs(args, {});
  return asOperator(async (db) => {
    const slugs = new Map((await allTenants(db)).map(({ id, slug }) => [id, slug]));
    for (const { tenantId, fromShard, toShard, state, startedAt, pauseMs } of await listMoves(db.sql)) {
      const stood = pauseMs === null ? '' : `  stood still for ${pauseMs} ms`;
      const slug = (slugs.get(tenantId) ?? tenantId).padEnd(20);
      console.log(`${startedAt.toISOString()}  ${slug}  ${fromShard} -> ${toShard}  ${state}${stood}`);
    }
    return 0;
  });
}

async function shred(args: string[]): Promise<number> {
  const { values, positionals } = readArgs(args, { yes: { type: 'boolean', default: false } }, ['slug']);
  if (!values.yes) throw new UsageError('This cannot be undone. Add --yes to do it.');
  return asOperator(async (db) => {
    const tenant = await findTenant(db, positionals.slug);
    const { keys, secrets } = await shredTenant(db, tenant);
    console.log(`${keys} data keys of ${tenant.slug} are deleted.`);
    for (const [kind, count] of Object.entries(secrets)) {
      console.log(`${kind.replaceAll('_', ' ')}s unreadable now: ${count}`);
    }
    return 0;
  });
}
