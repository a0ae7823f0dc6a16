// What the demo does, through the HTTP API like anybody: a connection, a workflow, jobs, and events of every fate.
import { isPawlError } from '../../engine/errors.ts';
import type { Client } from '../client.ts';
import { demoMachine } from './machine.ts';

export interface Stage {
  api: Client;
  receiverUrl: string;
  /** Resolves when every list is over or waits for a person, and no event is due to any job. */
  settled(): Promise<void>;
}

/** What is sent to a job in review, and how many jobs get it. */
const FATES: readonly { event: string; jobs: number }[] = [
  { event: 'BOOK', jobs: 6 },
  { event: 'REPORT', jobs: 2 },
  { event: 'ARCHIVE', jobs: 2 },
  { event: 'AUDIT', jobs: 2 },
  { event: 'REMIND', jobs: 1 },
];

/** @throws PawlError what the API refused; Error when something was not refused that must be */
export async function play({ api, receiverUrl, settled }: Stage): Promise<void> {
  const connection = await api.request('POST', '/tenant/connections', {
    provider: 'generic_rest',
    connection_name: 'receiver',
    credentials: { base_url: receiverUrl, auth_header: 'Bearer demo-secret' },
  });
  await api.request('POST', '/workflows', { name: 'work-order', definition: demoMachine(connection.id) });
  await api.request('POST', '/workflows/work-order/publish', { version: 1 });

  const fates = FATES.flatMap(({ event, jobs }) => Array.from({ length: jobs }, () => event));
  const jobs = await Promise.all(fates.map(async (event, i) => ({ event, id: await startJob(api, i) })));
  const [first] = jobs;
  await isRefused(send(api, first?.id ?? '', 'SUBMIT', { amount: 0 }));
  await Promise.all(jobs.map(({ id }, i) => send(api, id, 'SUBMIT', { amount: 100 + i })));
  // BOOK asks whether `notify` has succeeded, so it has to be over.
  await settled();
  await Promise.all(jobs.map(({ id, event }) => send(api, id, event, {})));
  await settled();
}

async function startJob(api: Client, number: number): Promise<string> {
  const { job } = await api.request('POST', '/jobs', { workflow: 'work-order', key: `order-${number + 1}` });
  return job.id;
}

const send = (api: Client, jobId: string, type: string, payload: object): Promise<unknown> =>
  api.request('POST', `/jobs/${jobId}/events`, { type, payload });

async function isRefused(sent: Promise<unknown>): Promise<void> {
  const code = await sent.then(
    () => 'nothing',
    (error) => (isPawlError(error) ? error.code : error),
  );
  if (code !== 'guard_refused') throw new Error(`a SUBMIT without an amount was answered with ${code}`);
}
