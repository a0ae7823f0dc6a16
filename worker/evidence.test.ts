import { describe, expect, it } from 'vitest';
import type { Answered } from '../egress/request.ts';
import { createScrubber } from '../vault/scrub.ts';
import { READ_BYTES, requestEvidence, responseEvidence } from './evidence.ts';

const SECRET = 'tok_5ecret';
const scrubber = createScrubber({ token: SECRET });
const KEPT = 16 * 1024;

const answer = (body: string | Buffer, rest: Partial<Answered> = {}): Answered => ({
  phase: 'answered',
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(body),
  bodyBytes: Buffer.byteLength(body),
  truncated: false,
  requestBytes: 1,
  durationMs: 1,
  ...rest,
});

describe('the evidence of a request', () => {
  const request = {
    method: 'POST',
    url: `https://a.example/x?key=${SECRET}`,
    headers: { authorization: SECRET, 'x-y': '1' },
    body: JSON.stringify({ secret: SECRET, kept: 'yes' }),
  };

  it('holds what was sent and no secret', () => {
    expect(requestEvidence(request, scrubber)).toEqual({
      method: 'POST',
      url: 'https://a.example/x?key=***',
      headers: { authorization: '***', 'x-y': '1' },
      body: '{"secret":"***","kept":"yes"}',
    });
  });

  it('keeps 16 KiB of a body and says that there was more', () => {
    const evidence = requestEvidence({ ...request, body: 'x'.repeat(KEPT + 1) }, scrubber);
    expect(evidence.body).toBe('x'.repeat(KEPT));
    expect(evidence.truncated).toBe(true);
  });

  it('has no body where there was none', () => {
    expect(requestEvidence({ ...request, body: null }, scrubber)).not.toHaveProperty('body');
  });
});

describe('the evidence of an answer', () => {
  it('holds JSON as JSON, without secrets in keys, values and headers', () => {
    const headers = { 'content-type': 'application/json', 'x-echo': `Bearer ${SECRET}` };
    expect(
      responseEvidence(answer(`{"id":7,"${SECRET}":["${SECRET}"]}`, { headers }), scrubber, undefined).kept,
    ).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json', 'x-echo': 'Bearer ***' },
      body: { id: 7, '***': ['***'] },
    });
  });

  it('keeps a body of 16 KiB whole and cuts one that is longer', () => {
    const whole = JSON.stringify('y'.repeat(KEPT - 2));
    expect(responseEvidence(answer(whole), scrubber, undefined).kept.body).toBe('y'.repeat(KEPT - 2));
    const { kept } = responseEvidence(answer(`${whole} `), scrubber, undefined);
    expect(kept).toMatchObject({ body: whole, truncated: true });
  });

  it('is whole for the workflow up to 240 KiB, without secrets, and the same as in the log beyond', () => {
    const { kept, read } = responseEvidence(
      answer(JSON.stringify(['y'.repeat(READ_BYTES - SECRET.length - 7), SECRET])),
      scrubber,
      undefined,
    );
    expect(read).not.toHaveProperty('truncated');
    expect(read.body).toEqual(['y'.repeat(READ_BYTES - SECRET.length - 7), '***']);
    expect(kept).toMatchObject({ body: expect.any(String), truncated: true });

    const longer = responseEvidence(answer(JSON.stringify('y'.repeat(READ_BYTES))), scrubber, undefined);
    expect(longer.read).toBe(longer.kept);
    const unfinished = responseEvidence(answer('"y', { truncated: true }), scrubber, undefined);
    expect(unfinished.read).toBe(unfinished.kept);
  });

  it('has for the workflow what the provider made of a long body', () => {
    const output = { answer: 'z'.repeat(KEPT) };
    const { kept, read } = responseEvidence(answer('raw'.repeat(KEPT)), scrubber, output);
    expect(read.body).toEqual(output);
    expect(kept).toMatchObject({ body: expect.stringMatching(/^(raw)+r?a?$/), truncated: true });
  });

  it('leaves no piece of a secret that the cut goes through', () => {
    const body = 'z'.repeat(KEPT - 5) + SECRET;
    const kept = String(responseEvidence(answer(body), scrubber, undefined).kept.body);
    expect(kept).not.toContain(SECRET.slice(0, 4));
    const { kept: said } = responseEvidence(
      answer(SECRET.slice(0, 6), { truncated: true }),
      scrubber,
      undefined,
    );
    expect(said).toMatchObject({ body: '***', truncated: true });
  });

  it('prefers what the provider made of the body', () => {
    expect(responseEvidence(answer('ignored'), scrubber, { id: SECRET }).kept.body).toEqual({ id: '***' });
  });

  it('drops cookies, cuts long headers and keeps sixty-four of them', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'v'.repeat(2000)]));
    const { kept } = responseEvidence(
      answer('{}', { headers: { 'set-cookie': 'a=b', ...many } }),
      scrubber,
      undefined,
    );
    const { headers } = kept;
    expect(Object.keys(headers as object)).toHaveLength(63);
    expect(headers).not.toHaveProperty('set-cookie');
    expect((headers as { 'x-0': string })['x-0']).toHaveLength(1024);
  });
});
