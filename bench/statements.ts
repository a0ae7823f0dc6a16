// `node bench/statements.ts`: what the statements of an action cost, in CPU time of Postgres, by how many lists share one, and what a
// claim costs along a queue that is being drained. Prints one JSON line. CPU time hardly depends on what else the machine does.
import { parseArgs } from 'node:util';
import { connect } from '../db/client.ts';
import { createTenant } from '../db/operator.ts';
import { EMBEDDED, startPostgres } from './postgres.ts';
import { walkLists } from './walk-lists.ts';

const HELP = `node bench/statements.ts [options]

  --lists N     of one action each, for each batch size (default 8000)
  --queue N     lists of the queue that is drained by claims of twenty (default 40000)
`;

const { values } = parseArgs({
  options: {
    lists: { type: 'string', default: '8000' },
    queue: { type: 'string', default: '40000' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const BATCHES = [1, 4, 20, 80];
const CLAIM_OF = 20;
/** So that no statement is planned for empty tables. */
const WARM_UP_LISTS = 1_000;

const postgres = await startPostgres(EMBEDDED, (line) => void process.stderr.write(`${line}\n`));
try {
  const usOfBatch: Record<string, unknown> = {};
  for (const batch of BATCHES) {
    usOfBatch[batch] = (await onFreshDatabase({ count: Number(values.lists), batch, passing: true })).us;
    process.stderr.write(`${JSON.stringify({ batch, us_a_list: usOfBatch[batch] })}\n`);
  }
  const queue = { count: Number(values.queue), batch: CLAIM_OF };
  const { claimTenths: passing } = await onFreshDatabase({ ...queue, passing: true });
  const { claimTenths: fromTheBeginning } = await onFreshDatabase({ ...queue, passing: false });
  process.stdout.write(
    `${JSON.stringify({
      us_a_list_by_batch: usOfBatch,
      us_of_claims_by_tenth: { passing, from_the_beginning: fromTheBeginning },
    })}\n`,
  );
} finally {
  await postgres.stop();
}

async function onFreshDatabase(of: { count: number; batch: number; passing: boolean }) {
  const database = await postgres.createDatabase();
  const { url, sql } = database;
  const operator = connect({ url, role: 'pawl_operator', poolMax: 1, applicationName: 'pawl bench seed' });
  const db = connect({ url, role: 'pawl_worker', poolMax: 1, applicationName: 'pawl bench' });
  try {
    const tenant = await createTenant(operator, { name: 'Bench', slug: 'bench' });
    await walkLists({ db, sql, tenant, count: WARM_UP_LISTS, batch: of.batch });
    await database.settle();
    return await walkLists({ db, sql, tenant, ...of });
  } finally {
    await Promise.all([db.close(), operator.close()]);
    await database.drop();
  }
}
