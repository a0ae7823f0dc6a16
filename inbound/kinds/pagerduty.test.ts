import { expect, test } from 'vitest';
import { kindAndConfig, NOW, onlyEvent, requestOf } from '../inbound.testkit.ts';

const { kind, config } = kindAndConfig('pagerduty');

// The example in the tests of PagerDuty's own Go library.
const SECRET = 'lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK';
const SIGNATURE = 'v1=0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd';
const acme = (path: string) => `https://acme.pagerduty.com/${path}`;
const api = (path: string) => `https://api.pagerduty.com/${path}`;
const reference = (page: string, path: string, summary: string, type: string) => {
  const id = path.split('/')[1];
  return { html_url: acme(page), id, self: api(path), summary, type };
};
const BODY = JSON.stringify({
  event: {
    id: '01BWDWL3NYY7LUFPZCC28QUCMK',
    event_type: 'incident.priority_updated',
    resource_type: 'incident',
    occurred_at: '2021-04-26T17:36:27.458Z',
    agent: reference('users/PLH1HKV', 'users/PLH1HKV', 'Tenex Engineer', 'user_reference'),
    client: null,
    data: {
      id: 'PGR0VU2',
      type: 'incident',
      self: api('incidents/PGR0VU2'),
      html_url: acme('incidents/PGR0VU2'),
      number: 2,
      status: 'triggered',
      title: 'A little bump in the road',
      service: reference('services/PF9KMXH', 'services/PF9KMXH', 'API Service', 'service_reference'),
      assignees: [reference('users/PTUXL6G', 'users/PTUXL6G', 'User 123', 'user_reference')],
      escalation_policy: reference(
        'escalation_policies/PUS0KTE',
        'escalation_policies/PUS0KTE',
        'Default',
        'escalation_policy_reference',
      ),
      teams: [reference('teams/PFCVPS0', 'teams/PFCVPS0', 'Engineering', 'team_reference')],
      priority: reference('account/incident_priorities', 'priorities/PSO75BM', 'P1', 'priority_reference'),
      urgency: 'high',
      conference_bridge: { conference_number: 1000, conference_url: 'https://example.com' },
      resolve_reason: null,
    },
  },
});

test('lets in the example of PagerDuty’s library', () => {
  const verify = (signature: string) =>
    kind.verify(requestOf([['X-PagerDuty-Signature', signature]], BODY), {
      config,
      secrets: [SECRET],
      now: NOW,
    });
  expect(verify(SIGNATURE)).toEqual({ ok: true });
  const mismatch = 'v1=7020c8a7ec668a9b7012bc3dd82e483394b038f4230acc6785efbf2a7d8bcaf5';
  expect(verify(mismatch)).toEqual({ ok: false, why: 'signature_mismatch' });
  expect(verify(`${mismatch},${SIGNATURE}`)).toEqual({ ok: true });
});

test('knows an event by its own id and type', () => {
  const event = onlyEvent(kind.read(requestOf([], BODY), { config }));
  expect(event.deliveryId).toBe('01BWDWL3NYY7LUFPZCC28QUCMK');
  expect(event.type).toBe('incident.priority_updated');
  expect(event.payload).toEqual(JSON.parse(BODY));
});

test('says so when there is no event in it', () => {
  const reading = kind.read(requestOf([], '{"messages": []}'), { config });
  expect(reading).toMatchObject({ kind: 'unreadable', why: 'event_type_missing' });
});
