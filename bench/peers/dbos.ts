// DBOS doing what an event asks of Pawl, as its users would write it: an HTTP route that starts a durable workflow and
// answers when that is stored, and a workflow of two steps. The first commits the transition with its event row, the second
// posts the webhook and writes both rows. Fewer steps would lose what has been done; more would make it slower.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { v7 } from 'uuid';
import { openClient } from '../../db/driver.ts';
import { serve } from '../child.ts';
import { usage } from '../measure.ts';
import { createPost, RECORD, rowsOf, TABLES, type Work } from './action.ts';

const JOBS = `
  create table jobs_of_peer (
    id uuid primary key, state text not null, count integer not null, revision integer not null,
    updated_at timestamptz not null default now())`;

const MOVE = `
  with moved as (
    update jobs_of_peer set state = case state when 'ping' then 'pong' else 'ping' end, count = count + 1,
      revision = revision + 1, updated_at = now()
    where id = $1 returning id, state, count, revision
  ), logged as (
    insert into audit (subject_id, id, kind, actor, data)
    select id, $2, 'transition', 'api', jsonb_build_object('event', $3::text::jsonb, 'to', state, 'revision', revision)
    from moved)
  select state, count from moved`;

interface HitEvent {
  type: string;
  payload: { n: number };
}

interface Start {
  databaseUrl: string;
  receiverUrl: string;
  /** Connections of DBOS to its tables, and as many of ours to our tables. */
  poolSize: number;
  /** To the receiver. */
  sockets: number;
  /** Of this process among those that share the tables. */
  executor: string;
}

let stopping: (() => Promise<void>) | null = null;

export type DbosProcess = typeof handlers;

const handlers = {
  /** The tables of its steps, and `count` jobs. @returns their ids */
  async prepare({ databaseUrl, count }: { databaseUrl: string; count: number }): Promise<string[]> {
    const sql = openClient(databaseUrl, { max: 1, onnotice: () => {} });
    const ids = Array.from({ length: count }, () => v7());
    await sql.unsafe(TABLES);
    await sql.unsafe(JOBS);
    await sql`insert into jobs_of_peer select unnest(${ids}::uuid[]), 'ping', 0, 1`;
    await sql.end();
    return ids;
  },

  async start({ databaseUrl, receiverUrl, poolSize, sockets, executor }: Start): Promise<{ url: string }> {
    const sql = openClient(databaseUrl, { max: poolSize, onnotice: () => {} });
    const post = createPost(receiverUrl, sockets);

    async function move(jobId: string, event: HitEvent): Promise<Work> {
      const [moved] = await sql.unsafe<{ state: string; count: number }[]>(
        MOVE,
        [jobId, v7(), JSON.stringify(event)],
        { prepare: true },
      );
      if (!moved) throw new Error(`there is no job ${jobId}`);
      return { job_id: jobId, state: moved.state, count: moved.count, n: event.payload.n };
    }

    async function deliver(work: Work, runId: string): Promise<void> {
      const values = rowsOf(work, await post(runId, work), { runId, attempt: 1 });
      await sql.unsafe(RECORD, values, { prepare: true });
    }

    const hit = DBOS.registerWorkflow(
      async (jobId: string, event: HitEvent) => {
        const runId = DBOS.workflowID as string;
        const work = await DBOS.runStep(() => move(jobId, event), { name: 'move' });
        await DBOS.runStep(() => deliver(work, runId), { name: 'deliver' });
      },
      { name: 'hit' },
    );
    DBOS.setConfig({
      name: 'bench',
      systemDatabaseUrl: databaseUrl,
      systemDatabasePoolSize: poolSize,
      executorID: executor,
      applicationVersion: '1',
      logLevel: 'warn',
    });
    await DBOS.launch();

    const server = createServer(async (request, response) => {
      try {
        const jobId = (request.url ?? '').split('/')[2] ?? '';
        const handle = await DBOS.startWorkflow(hit)(jobId, JSON.parse(await bodyOf(request)) as HitEvent);
        answer(response, 202, { workflow: handle.workflowID });
      } catch (error) {
        answer(response, 500, { error: String(error) });
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stopping = async () => {
      server.closeAllConnections();
      server.close();
      await DBOS.shutdown();
      await sql.end();
    };
    return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}` };
  },
  usage,
  stop: () => stopping?.(),
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

serve(handlers);
