import { expect, test } from 'vitest';
import { kindAndConfig, NOW, onlyEvent, requestOf } from '../inbound.testkit.ts';

const { kind, config } = kindAndConfig('jira');

test('lets in the example of Atlassian’s documentation', () => {
  const signature = 'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9';
  const request = requestOf([['X-Hub-Signature', signature]], 'Hello World!');
  const secrets = ["It's a Secret to Everybody"];
  expect(kind.verify(request, { config, secrets, now: NOW })).toEqual({ ok: true });
});

test('names an event as Jira does, and knows it by its identifier on every attempt', () => {
  const headers = [
    ['X-Atlassian-Webhook-Identifier', '5ad1b4e6'],
    ['X-Atlassian-Webhook-Retry', '2'],
  ] as const;
  const body = '{"timestamp": 1, "webhookEvent": "jira:issue_updated", "issue": {"key": "PAY-7"}}';
  expect(onlyEvent(kind.read(requestOf(headers, body), { config }))).toEqual({
    deliveryId: '5ad1b4e6',
    type: 'jira:issue_updated',
    payload: { timestamp: 1, webhookEvent: 'jira:issue_updated', issue: { key: 'PAY-7' } },
  });
});

test('says so when the body was left out', () => {
  expect(kind.read(requestOf([], ''), { config })).toMatchObject({
    kind: 'unreadable',
    why: 'body_not_json',
  });
  expect(kind.read(requestOf([], '{}'), { config })).toMatchObject({ why: 'event_type_missing' });
});
