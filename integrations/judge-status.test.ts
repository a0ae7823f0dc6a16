import { describe, expect, it } from 'vitest';
import { answer, judging } from './integrations.testkit.ts';
import { judgeStatus } from './judge-status.ts';

describe('an answer judged by its status', () => {
  it.each([200, 201, 202, 204, 299])('%i succeeded', (status) => {
    expect(judgeStatus(answer(status), judging(false))).toEqual({ outcome: 'succeeded' });
  });

  it.each([
    // status, sent again when safe, sent again when not, connection flagged
    [301, false, false, false],
    [302, false, false, false],
    [304, false, false, false],
    [400, false, false, false],
    [401, false, false, true],
    [403, false, false, true],
    [404, false, false, false],
    [408, true, true, false],
    [409, false, false, false],
    [410, false, false, false],
    [422, false, false, false],
    [425, true, true, false],
    [429, true, true, false],
    [499, false, false, false],
    [500, true, false, false],
    [502, true, false, false],
    [503, true, false, false],
    [504, true, false, false],
    [599, true, false, false],
  ])(
    '%i failed; again if safe to repeat: %j, if not: %j; connection flagged: %j',
    (status, safe, unsafe, flagged) => {
      const failed = { outcome: 'failed', code: `http_${status}` };
      const [whenSafe, whenUnsafe] = [
        judgeStatus(answer(status), judging(true)),
        judgeStatus(answer(status), judging(false)),
      ];
      expect(whenSafe).toMatchObject({ ...failed, retry: safe });
      expect(whenUnsafe).toMatchObject({ ...failed, retry: unsafe });
      expect('flagConnection' in whenSafe).toBe(flagged);
      expect('flagConnection' in whenUnsafe).toBe(flagged);
    },
  );

  it('waits as long as the receiver asks, where it is sent again at all', () => {
    const headers = { 'retry-after': '9' };
    expect(judgeStatus(answer(429, undefined, headers), judging(false))).toMatchObject({
      retryAfterMs: 9000,
    });
    expect(judgeStatus(answer(503, undefined, headers), judging(true))).toMatchObject({ retryAfterMs: 9000 });
    expect(judgeStatus(answer(503, undefined, headers), judging(false))).not.toHaveProperty('retryAfterMs');
    expect(judgeStatus(answer(429), judging(false))).not.toHaveProperty('retryAfterMs');
  });

  it('says in a sentence what happened', () => {
    expect(judgeStatus(answer(404), judging(false))).toMatchObject({
      message: 'The receiver answered 404 Not Found.',
    });
    expect(judgeStatus(answer(418), judging(false))).toMatchObject({ message: 'The receiver answered 418.' });
    expect(judgeStatus(answer(302), judging(false))).toMatchObject({
      message: 'The receiver answered 302 Found; redirects are not followed.',
    });
  });
});
