import { expect, test } from 'vitest';
import { kindAndConfig, NOW, onlyEvent, requestOf } from '../inbound.testkit.ts';

const { kind, config } = kindAndConfig('github');
const PUBLISHED = {
  secret: "It's a Secret to Everybody",
  body: 'Hello, World!',
  signature: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
};

test('lets in the example of GitHub’s documentation', () => {
  const request = requestOf([['X-Hub-Signature-256', PUBLISHED.signature]], PUBLISHED.body);
  expect(kind.verify(request, { config, secrets: [PUBLISHED.secret], now: NOW })).toEqual({ ok: true });
});

test('does not look at the SHA-1 signature, nor at upper case', () => {
  const old = requestOf([['X-Hub-Signature', PUBLISHED.signature]], PUBLISHED.body);
  const upper = PUBLISHED.signature.replace(/[a-f0-9]{64}/, (hex) => hex.toUpperCase());
  const shouted = requestOf([['X-Hub-Signature-256', upper]], PUBLISHED.body);
  for (const request of [old, shouted]) {
    expect(kind.verify(request, { config, secrets: [PUBLISHED.secret], now: NOW }).ok).toBe(false);
  }
});

const read = (event: string, body: string, type = 'application/json') =>
  kind.read(
    requestOf(
      [
        ['Content-Type', type],
        ['X-GitHub-Event', event],
        ['X-GitHub-Delivery', 'd-1'],
      ],
      body,
    ),
    { config },
  );

test('names an event by its header and the action', () => {
  const opened = onlyEvent(read('pull_request', '{"action": "opened", "number": 7}'));
  expect(opened).toEqual({
    deliveryId: 'd-1',
    type: 'pull_request.opened',
    payload: { action: 'opened', number: 7 },
  });
  expect(onlyEvent(read('push', '{"ref": "refs/heads/main"}')).type).toBe('push');
});

test('takes the ping for an event, and answers it with an empty 200', () => {
  const reading = read('ping', '{"zen": "Keep it logically awesome.", "hook_id": 1}');
  expect(onlyEvent(reading).type).toBe('ping');
  expect(reading.reply).toEqual({ status: 200, headers: {}, body: '' });
});

test('reads the JSON in a form', () => {
  const body = new URLSearchParams({ payload: '{"action": "created"}' }).toString();
  const event = onlyEvent(read('issue_comment', body, 'application/x-www-form-urlencoded; charset=utf-8'));
  expect(event).toMatchObject({ type: 'issue_comment.created', payload: { action: 'created' } });
  expect(read('push', 'other=1', 'application/x-www-form-urlencoded')).toMatchObject({
    kind: 'unreadable',
    why: 'body_not_json',
  });
});

test('knows a delivery without an id by its body', () => {
  const at = (body: string) =>
    onlyEvent(kind.read(requestOf([['x-github-event', 'push']], body), { config }));
  expect(at('{}').deliveryId).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(at('{}').deliveryId).toBe(at('{}').deliveryId);
  expect(at('{ }').deliveryId).not.toBe(at('{}').deliveryId);
});

test('says so when the event is not named', () => {
  expect(kind.read(requestOf([], '{}'), { config })).toMatchObject({
    kind: 'unreadable',
    why: 'event_type_missing',
    deliveryId: expect.stringMatching(/^sha256:/),
  });
});
