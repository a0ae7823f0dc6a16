// Listens to what processes send to Postgres: a proxy before it that reads the statements that are prepared, and the first
// values each was run with. So a test has every statement there is, and not those somebody thought of.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface HeardStatement {
  /** Of the session that sent it. */
  role: string | undefined;
  /** The types of its parameters; 0 where Postgres is to find out. */
  types: number[];
  /** As text; null until it was run. */
  values: (string | null)[] | null;
}

export interface Listener {
  /** What to give to those who are listened to. */
  url: string;
  /** By text. */
  heard: Map<string, HeardStatement>;
  stop(): Promise<void>;
}

/** @param url of a server that is reached by TCP, without TLS */
export async function listenToStatements(url: string): Promise<Listener> {
  const to = new URL(url);
  const heard = new Map<string, HeardStatement>();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    }
    const read = readerOf(heard);
    client.on('data', read);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const here = new URL(url);
  // Past a pooler, which would be asked instead.
  here.searchParams.delete('pawl.pooler');
  here.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: here.href,
    heard,
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

const END = 0;
const LENGTH_BYTES = 4;

/** Reads the messages of one session, from its first on. */
function readerOf(heard: Map<string, HeardStatement>): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let role: string | undefined;
  let begun = false;
  /** By the name it is prepared under. */
  const prepared = new Map<string, HeardStatement>();

  function readMessage(type: string, body: Buffer): void {
    const fields = fieldsOf(body);
    if (type === 'P') {
      const name = fields.text();
      const text = fields.text();
      const statement = heard.get(text) ?? { role, types: fields.list(() => fields.int32()), values: null };
      heard.set(text, statement);
      prepared.set(name, statement);
    } else if (type === 'B') {
      fields.text();
      const statement = prepared.get(fields.text());
      fields.list(() => fields.int16());
      if (statement) statement.values ??= fields.list(() => fields.value());
    }
  }

  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      // The first message of a session has no type.
      const at = begun ? 1 : 0;
      if (rest.length < at + LENGTH_BYTES) return;
      const end = at + rest.readInt32BE(at);
      if (rest.length < end) return;
      const body = rest.subarray(at + LENGTH_BYTES, end);
      if (begun) readMessage(String.fromCharCode(rest[0] as number), body);
      else role = /\0role\0([^\0]+)\0/.exec(body.toString('latin1'))?.[1];
      begun = true;
      rest = rest.subarray(end);
    }
  };
}

function fieldsOf(body: Buffer) {
  let at = 0;
  /** Where the next `bytes` begin. */
  function step(bytes: number): number {
    at += bytes;
    return at - bytes;
  }
  const int16 = () => body.readInt16BE(step(2));
  const int32 = () => body.readInt32BE(step(LENGTH_BYTES));
  return {
    int16,
    int32,
    text(): string {
      const end = body.indexOf(END, at);
      const text = body.toString('utf8', at, end);
      at = end + 1;
      return text;
    },
    value(): string | null {
      const length = int32();
      if (length < 0) return null;
      const begin = step(length);
      return body.toString('utf8', begin, at);
    },
    list: <T>(read: () => T): T[] => Array.from({ length: int16() }, read),
  };
}
