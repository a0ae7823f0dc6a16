// `pawl tenants`: makes tenants and lists them.
import { createApiKey } from '../../api/auth/create-api-key.ts';
import { allTenants, createTenant } from '../../db/operator.ts';
import { type Command, readArgs, required, subcommandOf, UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  summary: 'Make a tenant with its first API key, or list tenants',
  help: `
Usage: pawl tenants create --name <name> --slug <slug> [--shard <0..63>]
       pawl tenants list

create  Makes a tenant and an API key with the role Owner. The key is shown this once.
list    One line a tenant: id, shard, slug, name.`,
  async run(args) {
    const { name, rest } = subcommandOf(args, ['create', 'list']);
    return name === 'create' ? create(rest) : list(rest);
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
