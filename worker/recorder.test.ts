// What is written down when the database did it, and its answer was lost.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, type Database, type Row } from '../db/client.ts';
import { type Kit, setup, until } from './worker.testkit.ts';

let kit: Kit;
let db: Database;

beforeAll(async () => {
  kit = await setup();
  db = connect({ url: kit.url, role: 'pawl_worker', poolMax: 4, applicationName: 'test worker' });
});
afterAll(async () => {
  await kit?.close();
  await db?.close();
});

const timersOf = (jobId: string) => kit.admin`select from timers where job_id = ${jobId}`;

it('a job hears an outcome once, though its worker learns after that that the connection was lost', async () => {
  const { connection } = kit;
  await kit.publish('asking', {
    context: { heard: 0 },
    initial: 'ready',
    states: {
      ready: { on: { GO: 'asking' } },
      asking: {
        invoke: {
          src: 'webhook',
          input: { connection_id: connection, path: '/asked' },
          onDone: { actions: { action_type: 'ASSIGN', params: { heard: 'context.heard + 1' } } },
        },
        initial: 'inside',
        states: { inside: { entry: [kit.webhook('/behind')] } },
      },
    },
  });
  const { job } = await kit.start('asking');
  let lost = false;
  const losing: Database = {
    ...db,
    async together<T extends readonly Row[]>(...asked: Parameters<typeof db.together<T>>) {
      const answer = await db.together<T>(...asked);
      if (lost || (await timersOf(job.id)).length === 0) return answer;
      lost = true;
      await until('the job has heard it', async () => (await timersOf(job.id)).length === 0);
      throw Object.assign(new Error('the connection is gone'), { code: 'CONNECTION_CLOSED' });
    },
  };
  const { stop } = await kit.startWorker({ db: losing });
  await kit.send(job.id, 'GO');
  await kit.receiver.arrival('/behind');
  await kit.settled(job.id);
  await until('nothing is due to the job', async () => (await timersOf(job.id)).length === 0);
  await stop();
  expect(lost).toBe(true);
  expect((await kit.jobOf(job.id)).context).toEqual({ heard: 1 });
});
