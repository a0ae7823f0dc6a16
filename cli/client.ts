// The API as commands use it: JSON requests, errors as PawlError, and the event stream of a job.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { type ErrorKind, PawlError, type Problem } from '../engine/errors.ts';
import { isJsonObject } from '../engine/json.ts';

export interface Client {
  /** @throws PawlError with the API's `code`; Unavailable `api_unreachable` */
  // biome-ignore lint/suspicious/noExplicitAny: each caller knows what it asked for; the API's schemas are not here.
  request<T = any>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<T>;
  /** Server-sent events, until the API or `signal` ends the stream. */
  stream(
    path: string,
    options: { lastEventId?: string | undefined; signal?: AbortSignal },
  ): AsyncGenerator<StreamEvent>;
}

export interface StreamEvent {
  event: string;
  id: string | undefined;
  data: string;
}

/** Where development keeps the API key of its tenant. */
export const apiKeyFile = (directory: string): string => join(directory, 'api-key');

/** What a header can carry, and keys and tokens are made of. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** Where `config` says the API is; an address that stands for all of them is this machine. */
export function apiUrl({ client, http }: Config): string {
  if (client.url !== undefined) return client.url;
  const host = http.host === '0.0.0.0' ? '127.0.0.1' : http.host === '::' ? '[::1]' : http.host;
  return `http://${host}:${http.port}`;
}

/** Whether the API at `url` serves the web application: where it was not built, there is no page to open. */
export async function hasWebApplication(url: string): Promise<boolean> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.ok;
}

/** @throws PawlError InvalidInput `api_key_missing` */
export async function clientFor(config: Config, url = apiUrl(config)): Promise<Client> {
  const kept =
    config.client.apiKey ?? (await readFile(apiKeyFile(config.directory), 'utf8').catch(() => undefined));
  const apiKey = kept?.trim();
  if (!apiKey) {
    throw new PawlError('InvalidInput', 'api_key_missing', 'Set PAWL_API_KEY to an API key of your tenant.');
  }
  if (!VISIBLE_ASCII.test(apiKey)) {
    const message = 'PAWL_API_KEY holds characters that no API key has. Copy it again.';
    throw new PawlError('InvalidInput', 'api_key_missing', message);
  }
  return createClient({ url, apiKey });
}

export function createClient({ url, apiKey }: { url: string; apiKey: string }): Client {
  async function call(method: string, path: string, init: RequestInit): Promise<Response> {
    const where = `${url.replace(/\/$/, '')}/api/v1${path}`;
    let response: Response;
    try {
      response = await fetch(where, { ...init, method });
    } catch (cause) {
      if ((cause as Error).name === 'AbortError') throw cause;
      throw new PawlError(
        'Unavailable',
        'api_unreachable',
        `Nobody answers at ${url}. Is Pawl running? Set PAWL_URL.`,
        {
          cause,
        },
      );
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
  const authorization = `Bearer ${apiKey}`;
  return {
    async request(method, path, body, headers = {}) {
      const content = body === undefined ? {} : { 'content-type': 'application/json' };
      const response = await call(method, path, {
        headers: { authorization, ...content, ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text().catch((cause) => {
        const message = `The answer of ${url} broke off. What was asked may have been done.`;
        throw new PawlError('Unavailable', 'api_unreachable', message, { cause });
      });
      return text === '' ? null : readAnswer(text, url);
    },
    async *stream(path, { lastEventId, signal }) {
      const resumed = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
      const response = await call('GET', path, {
        headers: { authorization, accept: 'text/event-stream', ...resumed },
        ...(signal && { signal }),
      });
      if (response.body) yield* readEvents(response.body);
    },
  };
}

/** @throws PawlError Unavailable `api_unreachable` */
function readAnswer(text: string, url: string) {
  try {
    return JSON.parse(text);
  } catch {
    const message = `What answers at ${url} is not the API of Pawl. Set PAWL_URL.`;
    throw new PawlError('Unavailable', 'api_unreachable', message);
  }
}

async function refusal(response: Response): Promise<PawlError> {
  const text = await response.text().catch(() => '');
  let problem: { code?: string; detail?: string; problems?: Problem[]; verdicts?: { message?: string }[] } =
    {};
  try {
    const said: unknown = JSON.parse(text);
    if (isJsonObject(said)) problem = said;
  } catch {
    // Something between us and the API answered.
  }
  const {
    code = `http_${response.status}`,
    detail = text.slice(0, 500),
    problems = [],
    verdicts = [],
  } = problem;
  const reasons = verdicts.map(({ message }) => `\n  ${message}`).join('');
  return new PawlError(KIND_BY_STATUS[response.status] ?? 'Unavailable', code, detail + reasons, {
    problems,
    details: { status: response.status },
  });
}

const KIND_BY_STATUS: Readonly<Record<number, ErrorKind>> = {
  400: 'InvalidInput',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'TooLarge',
  422: 'InvalidInput',
  429: 'TooMany',
};

/** The server-sent events of a response body. Comments and `retry` are passed over. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = readEvent(block);
      if (event) yield event;
    }
  }
}

function readEvent(block: string): StreamEvent | null {
  const fields = block.split(/\r?\n/).map((line) => {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    return { name, value };
  });
  const data = fields.filter(({ name }) => name === 'data').map(({ value }) => value);
  if (data.length === 0) return null;
  const last = (wanted: string) => fields.findLast(({ name }) => name === wanted)?.value;
  return { event: last('event') ?? 'message', id: last('id'), data: data.join('\n') };
}
