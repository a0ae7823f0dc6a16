import { expect, test } from 'vitest';
import { githubGaps } from './github-gaps.ts';
import { Unreadable } from './refused.ts';

const HEADERS: [string, string][] = [
  ['X-GitHub-Hook-ID', '292430182'],
  ['X-GitHub-Hook-Installation-Target-Type', 'repository'],
];
const PAYLOAD = { repository: { full_name: 'octo-org/api' }, organization: { login: 'octo-org' } };
const listed = (body: string, link?: string) =>
  githubGaps.readList({ headers: link === undefined ? {} : { link }, body: Buffer.from(body) });
const attempt = (id: string, status = 200) =>
  `{"id": ${id}, "guid": "0b989ba4", "delivered_at": "2026-03-01T11:00:00.5Z", "redelivery": false, "status_code": ${status}}`;

test('knows the webhook of a repository or an organisation by what it sends', () => {
  expect(githubGaps.hookOf(HEADERS, PAYLOAD)).toBe('repos/octo-org/api/hooks/292430182');
  const ofOrganisation = HEADERS.with(1, ['X-GitHub-Hook-Installation-Target-Type', 'organization']);
  expect(githubGaps.hookOf(ofOrganisation, PAYLOAD)).toBe('orgs/octo-org/hooks/292430182');
});

test('knows no webhook of an app, nor one whose name could lead elsewhere', () => {
  const ofApp = HEADERS.with(1, ['X-GitHub-Hook-Installation-Target-Type', 'integration']);
  expect(githubGaps.hookOf(ofApp, PAYLOAD)).toBeNull();
  expect(githubGaps.hookOf([], PAYLOAD)).toBeNull();
  for (const name of ['octo-org/..', 'octo-org/api/../../user', 'octo-org/a?b', '../x', 'octo-org']) {
    expect(githubGaps.hookOf(HEADERS, { repository: { full_name: name } }), name).toBeNull();
  }
  expect(githubGaps.hookOf([['X-GitHub-Hook-ID', '1/../2'], HEADERS[1] as never], PAYLOAD)).toBeNull();
});

test('reads ids of more digits than a number holds', () => {
  const { sent } = listed(`[${attempt('9007199254740993')}]`);
  expect(sent).toEqual([
    {
      id: '9007199254740993',
      deliveryId: '0b989ba4',
      sentAt: new Date('2026-03-01T11:00:00.500Z'),
      isAgain: false,
      status: 200,
    },
  ]);
  const [one] = sent;
  expect(one && githubGaps.sendAgain('repos/o/r/hooks/1', one).path).toBe(
    '/repos/o/r/hooks/1/deliveries/9007199254740993/attempts',
  );
});

test('takes an attempt without an answer as one that nobody answered', () => {
  expect(listed(`[${attempt('1', 0)}]`).sent[0]?.status).toBeNull();
});

test('goes on at the cursor of the next page, whatever host its address names', () => {
  const link =
    '<https://evil.example/x?per_page=100&cursor=v1_12%3D>; rel="next", <https://api.github.com/x?cursor=v0>; rel="prev"';
  expect(listed('[]', link).cursor).toBe('v1_12=');
  expect(githubGaps.list('repos/o/r/hooks/1', 'v1_12=').query).toBe('per_page=100&cursor=v1_12%3D');
  expect(listed('[]', '<https://api.github.com/x?cursor=v0>; rel="prev"').cursor).toBeNull();
  expect(listed('[]').cursor).toBeNull();
});

test('says that something else is no list', () => {
  for (const body of ['<html>', '{"message":"Moved"}', '[{"id":"x"}]', '[1]'])
    expect(() => listed(body), body).toThrow(Unreadable);
});
