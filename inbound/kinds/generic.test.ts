import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { kindAndConfig, NOW, onlyEvent, requestOf } from '../inbound.testkit.ts';
import type { HeaderLine } from '../source-kind.ts';

const SECRET = 'a-secret-of-nobody';
const BODY = '{"kind": "order.created", "order": {"id": 7}}';

test.each(['sha1', 'sha256', 'sha512'] as const)(
  'checks an HMAC with %s, in hex and in base64',
  (algorithm) => {
    for (const encoding of ['hex', 'base64'] as const) {
      const { kind, config } = kindAndConfig('generic', { algorithm, encoding, prefix: 'sig=' });
      const signature = createHmac(algorithm, SECRET).update(BODY).digest(encoding);
      const verify = (value: string) =>
        kind.verify(requestOf([['X-Signature', value]], BODY), { config, secrets: [SECRET], now: NOW }).ok;
      expect(verify(`sig=${signature}`)).toBe(true);
      expect(verify(signature)).toBe(false);
      expect(verify(`sig=${SECRET}`)).toBe(false);
    }
  },
);

test('does not take a signature for the shared secret', () => {
  const { kind, config } = kindAndConfig('generic', { scheme: 'shared_secret', header: 'X-Token' });
  const verify = (value: string) =>
    kind.verify(requestOf([['X-Token', value]], BODY), { config, secrets: [SECRET], now: NOW }).ok;
  expect(verify(SECRET)).toBe(true);
  expect(verify(createHmac('sha256', SECRET).update(BODY).digest('hex'))).toBe(false);
  expect(verify(SECRET.toUpperCase())).toBe(false);
});

const read = (settings: object, headers: HeaderLine[], body = BODY) => {
  const { kind, config } = kindAndConfig('generic', settings);
  return kind.read(requestOf(headers, body), { config });
};

test('finds type and id where the settings say: in a header first, else in the payload', () => {
  const settings = {
    delivery_id_header: 'X-Request-Id',
    delivery_id_path: 'order.id',
    event_type_header: 'X-Topic',
    event_type_path: 'kind',
  };
  expect(onlyEvent(read(settings, []))).toMatchObject({ deliveryId: '7', type: 'order.created' });
  const headers: HeaderLine[] = [
    ['x-request-id', 'r-1'],
    ['X-TOPIC', 'orders/create'],
  ];
  expect(onlyEvent(read(settings, headers))).toMatchObject({ deliveryId: 'r-1', type: 'orders/create' });
});

test('takes equal bodies for one delivery where nothing says otherwise', () => {
  const { deliveryId, type } = onlyEvent(read({}, []));
  expect(deliveryId).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(type).toBe('untyped');
  expect(onlyEvent(read({}, [], `${BODY} `)).deliveryId).not.toBe(deliveryId);
});

test('finds no inherited names', () => {
  expect(onlyEvent(read({ event_type_path: 'constructor.name' }, [])).type).toBe('untyped');
});

test('hashes an id that is too long or oddly written', () => {
  const id = (text: string) =>
    onlyEvent(read({ delivery_id_path: 'id' }, [], JSON.stringify({ id: text }))).deliveryId;
  for (const odd of ['x'.repeat(201), 'a b', 'é', '\u0000']) expect(id(odd)).toMatch(/^sha256:/);
  expect(id('x'.repeat(200))).toBe('x'.repeat(200));
});

test('reads forms, JSON of any kind, and nothing else', () => {
  const form: HeaderLine[] = [['Content-Type', 'application/x-www-form-urlencoded']];
  expect(onlyEvent(read({}, form, 'type=ping&a=1'))).toMatchObject({ type: 'ping', payload: { a: '1' } });
  expect(onlyEvent(read({}, [], '[1, 2]')).payload).toEqual({ body: [1, 2] });
  expect(read({}, [], 'hello')).toMatchObject({ kind: 'unreadable', why: 'body_not_json' });
});

test('says what is wrong with its settings, each at its place', () => {
  const { kind } = kindAndConfig('generic');
  const parsed = kind.parseConfig({
    scheme: 'none',
    header: 'not a header',
    algorithm: 'md5',
    event_type_path: 'a..b',
    prefix: ' x',
    secret: 'must not stand here',
  });
  if (parsed.ok) throw new Error('they are accepted');
  expect(parsed.problems.map(({ pointer }) => pointer).sort()).toEqual(
    ['algorithm', 'event_type_path', 'header', 'prefix', 'scheme', 'secret'].map((name) => `/config/${name}`),
  );
  expect(JSON.stringify(parsed.problems)).not.toContain('must not stand here');
});

test('masks the header that it looks at, whatever it is called', () => {
  const { kind, config } = kindAndConfig('generic', { scheme: 'shared_secret', header: 'X-Shop' });
  const lines: HeaderLine[] = [
    ['X-SHOP', SECRET],
    ['Cookie', 'a=b'],
    ['X-Api-Key', 'k'],
    ['X-Topic', 'orders'],
  ];
  expect(kind.maskHeaders(lines, config)).toEqual([
    ['X-SHOP', '***'],
    ['Cookie', '***'],
    ['X-Api-Key', '***'],
    ['X-Topic', 'orders'],
  ]);
});
