// A service of Restate doing what an event asks of Pawl, as its users would write it: a virtual object for each job, whose
// state Restate keeps and whose events come one after the other. The transition is a change of that state; then one durable
// step posts the webhook and writes both rows.
import { createServer } from 'node:http2';
import * as restate from '@restatedev/restate-sdk';
import type { Sql } from 'postgres';
import { openClient } from '../../db/driver.ts';
import { serve } from '../child.ts';
import { usage } from '../measure.ts';
import { createPost, RECORD, rowsOf, TABLES } from './action.ts';

interface HitEvent {
  type: string;
  payload: { n: number };
}

interface Start {
  databaseUrl: string;
  receiverUrl: string;
  /** Connections to our tables. */
  poolSize: number;
  /** To the receiver. */
  sockets: number;
}

let stopping: (() => Promise<void>) | null = null;

export type RestateProcess = typeof handlers;

const handlers = {
  /** The tables that its steps write. */
  async prepare({ databaseUrl }: { databaseUrl: string }): Promise<void> {
    const sql = openClient(databaseUrl, { max: 1, onnotice: () => {} });
    await sql.unsafe(TABLES);
    await sql.end();
  },

  /** @returns where the server finds the service */
  async start({ databaseUrl, receiverUrl, poolSize, sockets }: Start): Promise<{ url: string }> {
    const sql = openClient(databaseUrl, { max: poolSize, onnotice: () => {} });
    const endpoint = restate.createEndpointHandler({
      services: [machine(sql, createPost(receiverUrl, sockets))],
      // A line for each invocation would be paid for by the invocation.
      logger: (meta, ...message) => {
        if (meta.level === 'error') console.error(...message);
      },
    });
    const server = createServer(endpoint);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stopping = async () => {
      server.close();
      await sql.end();
    };
    return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}` };
  },
  usage,
  stop: () => stopping?.(),
};

const machine = (sql: Sql, post: ReturnType<typeof createPost>) =>
  restate.object({
    name: 'machine',
    handlers: {
      async hit(ctx: restate.ObjectContext, event: HitEvent): Promise<void> {
        const before = (await ctx.get<{ state: string; count: number }>('job')) ?? {
          state: 'ping',
          count: 0,
        };
        const job = { state: before.state === 'ping' ? 'pong' : 'ping', count: before.count + 1 };
        ctx.set('job', job);
        const work = { job_id: ctx.key, ...job, n: event.payload.n };
        const runId = ctx.request().id;
        await ctx.run('deliver', async () => {
          const values = rowsOf(work, await post(runId, work), { runId, attempt: 1 });
          await sql.unsafe(RECORD, values, { prepare: true });
        });
      },
    },
  });

serve(handlers);
