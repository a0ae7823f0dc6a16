// `pawl jobs`: sends an event to a job, or follows one, through the API.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { configFromEnvironment } from '../../config/environment.ts';
import { isPawlError } from '../../engine/errors.ts';
import { type Client, clientFor, type StreamEvent } from '../client.ts';
import { type Command, jsonOption, readArgs, subcommandOf } from '../command.ts';

export const command: Command = {
  help: `
Usage: pawl jobs send <job-id> <EVENT> [--payload <json>] [--url <url>]
       pawl jobs tail <job-id> [--url <url>]

send  Sends one event and says where it led.
tail  Prints what happens to the job, one line each, until it is over.

The API is at --url, PAWL_URL, or HOST and PORT; the API key is PAWL_API_KEY, or the one development keeps.`,
  async run(args) {
    const { name, rest } = subcommandOf(args, ['send', 'tail']);
    return name === 'send' ? send(rest) : tail(rest);
  },
};

const URL_OPTION = { url: { type: 'string' } } as const;

const client = (url: string | undefined): Promise<Client> => {
  const config = configFromEnvironment();
  return url === undefined ? clientFor(config) : clientFor(config, url);
};

async function send(args: string[]): Promise<number> {
  const { values, positionals } = readArgs(args, { ...URL_OPTION, payload: { type: 'string' } }, [
    'job-id',
    'EVENT',
  ]);
  const payload = values.payload === undefined ? {} : { payload: jsonOption(values.payload, 'payload') };
  const api = await client(values.url);
  const path = `/jobs/${encodeURIComponent(positionals['job-id'])}/events`;
  const event = { type: positionals.EVENT, ...payload };
  const { transition, action_runs: runs } = await api.request('POST', path, event, {
    'idempotency-key': randomUUID(),
  });
  console.log(`${transition.from} → ${transition.to} (revision ${transition.seq})`);
  for (const run of runs) console.log(`  queued ${run.action_type} ${run.name ?? ''} ${run.id}`);
  return 0;
}

async function tail(args: string[]): Promise<number> {
  const { values, positionals } = readArgs(args, URL_OPTION, ['job-id']);
  const api = await client(values.url);
  let lastEventId: string | undefined;
  let connected = false;
  for (;;) {
    try {
      const path = `/jobs/${encodeURIComponent(positionals['job-id'])}/stream`;
      for await (const event of api.stream(path, { lastEventId })) {
        connected = true;
        lastEventId = event.id ?? lastEventId;
        for (const line of linesOf(event)) console.log(line);
        if (event.event === 'end') return 0;
      }
    } catch (error) {
      // A refusal is final. A stream that broke off, as when the API restarts, is taken up again from where it was.
      const broke = !isPawlError(error) || (connected && error.kind === 'Unavailable');
      if (!broke) throw error;
    }
    await pause(RECONNECT_MS);
  }
}

/** What the API itself asks its streams' clients to wait. */
const RECONNECT_MS = 1_000;

// biome-ignore lint/suspicious/noExplicitAny: what the stream of the API carries; see api/job-stream.ts.
type Wire = any;

/** One line a thing that happened: time, what, and the least that tells it apart. */
export function linesOf({ event, data }: StreamEvent): string[] {
  const said: Wire = JSON.parse(data);
  switch (event) {
    case 'snapshot':
      return [
        line(
          said.job.updated_at,
          'job',
          `${said.job.status} in ${said.job.current_state}, revision ${said.job.revision}`,
        ),
        ...said.action_runs.map(runLine),
      ];
    case 'transition': {
      const { from = null, to = null, event: cause } = said.data ?? {};
      const where = to === null ? '' : `${from ?? '(start)'} → ${to}`;
      return [line(said.at, said.kind, `${said.revision ?? ''} ${where} ${cause?.type ?? ''}`.trim())];
    }
    case 'action':
      return [runLine(said)];
    case 'end':
      return [line(said.finished_at ?? said.job?.finished_at, 'end', said.status ?? said.job?.status ?? '')];
    default:
      return [line(undefined, event, data)];
  }
}

function runLine(run: Wire): string {
  const error = run.error ? `: ${run.error.message ?? run.error.code}` : '';
  const tries = run.attempts === 1 ? '1 attempt' : `${run.attempts} attempts`;
  return line(
    run.finished_at ?? run.created_at,
    'action',
    `${run.name ?? run.id} ${run.status} (${tries})${error}`,
  );
}

const line = (at: string | null | undefined, what: string, rest: string): string =>
  `${(at ?? '').padEnd(24)} ${what.padEnd(10)} ${rest}`.trimEnd();
