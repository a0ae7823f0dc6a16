// `pawl tenants`: makes tenants, lists them, and makes what one stored unreadable.
import { createApiKey } from '../../api/auth/create-api-key.ts';
import { allTenants, createTenant, findTenant } from '../../db/operator.ts';
import { shredTenant } from '../../processes/shred-tenant.ts';
import { type Command, readArgs, required, subcommandOf, UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  summary: 'Make a tenant with its first API key, list tenants, or shred the keys of one',
  help: `
Usage: pawl tenants create --name <name> --slug <slug> [--shard <0..63>]
       pawl tenants list
       pawl tenants shred <slug> --yes

create  Makes a tenant and an API key with the role Owner. The key is shown this once.
list    One line a tenant: id, shard, slug, name.
shred   Deletes the tenant's data keys: no credential it stored can be read by anybody any more, and its actions fail
        from then on. There is no way back but storing credentials anew.`,
  async run(args) {
    const { name, rest } = subcommandOf(args, ['create', 'list', 'shred']);
    return { create, list, shred }[name](rest);
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
  if (!/^\d{1,2}$/.test(text)) throw new UsageError('--shard is not a number from 0 to 63.');
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

async function shred(args: string[]): Promise<number> {
  const { values, positionals } = readArgs(args, { yes: { type: 'boolean', default: false } }, ['slug']);
  if (!values.yes) throw new UsageError('There is no way back: say --yes.');
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
