// The floor: undici's `request` in a loop, with nothing around it.
import { Agent, request } from 'undici';
import { serve } from '../child.ts';
import { createPace, nowMs, type Pace, usage } from '../measure.ts';
import { RECEIVER_AUTHORIZATION } from '../seed.ts';

export type UndiciProcess = typeof handlers;

const handlers = {
  async post(asked: {
    url: string;
    body: string;
    concurrency: number;
    forMs: number;
    warmUpMs: number;
  }): Promise<Pace> {
    const { url, body, concurrency, forMs, warmUpMs } = asked;
    const dispatcher = new Agent({ connections: concurrency, pipelining: 1 });
    const headers = {
      authorization: RECEIVER_AUTHORIZATION,
      'content-type': 'application/json',
      'idempotency-key': '0198f3a2-7c11-7a53-9b0e-6f1c2d3e4f50',
      'user-agent': 'Pawl/bench',
    };
    const pace = createPace(warmUpMs);
    const until = nowMs() + forMs;
    const post = async () => {
      while (nowMs() < until) {
        const startedAt = nowMs();
        const answer = await request(url, { method: 'POST', headers, body, dispatcher });
        await answer.body.text();
        if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
        pace.count(startedAt);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, post));
    await dispatcher.close();
    return pace.result();
  },
  usage,
};

serve(handlers);
