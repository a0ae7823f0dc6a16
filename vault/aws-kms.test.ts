import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LOOPBACK_POLICY } from '../egress/receiver.testkit.ts';
import { createSender, type Sender } from '../egress/sender.ts';
import { createAwsKms } from './aws-kms.ts';
import { startKms, TEST_CREDENTIALS, type TestKms } from './kms.testkit.ts';

const of = {
  tenantId: '0190c8a0-0000-7000-8000-000000000001',
  dataKeyId: '0190c8a0-0000-7000-8000-0000000000d1',
};
const dataKey = randomBytes(32);

let kms: TestKms;
let sender: Sender;
beforeAll(async () => {
  kms = await startKms();
  sender = createSender({ policy: LOOPBACK_POLICY, userAgent: 'Pawl/test' });
});
beforeEach(() => {
  kms.calls.length = 0;
  kms.fault = null;
});
afterAll(async () => {
  await sender.close();
  await kms.close();
});

const open = (key = kms.key, endpoint = kms.endpoint) =>
  createAwsKms({ key, endpoint, send: sender.send, credentials: TEST_CREDENTIALS });

describe('a key of KMS', () => {
  it('wraps and unwraps data keys with signed requests that carry tenant and data key as context', async () => {
    const master = await open();
    const key = await master.wrap(dataKey, of);
    expect(key.wrappingKeyId).toBe(kms.key);
    expect(key.wrapped.includes(dataKey)).toBe(false);
    expect(await master.unwrap(key, of)).toEqual(dataKey);
    const context = { 'pawl:tenant': of.tenantId, 'pawl:data_key': of.dataKeyId };
    expect(kms.calls).toMatchObject([
      { operation: 'Encrypt', keyId: kms.key, context },
      { operation: 'Decrypt', keyId: kms.key, context },
    ]);
    for (const { authorization } of kms.calls) {
      expect(authorization).toContain(`Credential=${TEST_CREDENTIALS.accessKeyId}/`);
    }
  });

  it('does not unwrap a data key of another tenant', async () => {
    const master = await open();
    const key = await master.wrap(dataKey, of);
    const other = { ...of, tenantId: '0190c8a0-0000-7000-8000-000000000002' };
    const unreadable = { kind: 'Corrupt', code: 'data_key_unreadable' };
    await expect(master.unwrap(key, other)).rejects.toMatchObject(unreadable);
    const renamed = { ...key, wrappingKeyId: kms.addKey() };
    await expect(master.unwrap(renamed, of)).rejects.toMatchObject(unreadable);
  });

  it('is known by its ARN, whatever an alias stands for later', async () => {
    const master = await open(`${kms.key.slice(0, kms.key.indexOf(':key/'))}:alias/pawl`);
    expect(await master.currentKeyId()).toBe(kms.key);
    const before = await master.wrap(dataKey, of);
    const next = kms.addKey();
    kms.aliasTo(next);
    try {
      expect(await master.currentKeyId()).toBe(next);
      expect((await master.wrap(dataKey, of)).wrappingKeyId).toBe(next);
      expect(await master.unwrap(before, of)).toEqual(dataKey);
    } finally {
      kms.aliasTo(kms.key);
    }
  });

  it('that has an ARN is not asked what it is', async () => {
    expect(await (await open()).currentKeyId()).toBe(kms.key);
    expect(kms.calls).toHaveLength(0);
  });
});

describe('KMS', () => {
  it.each([
    ['ThrottlingException', 400, 'kms_throttled'],
    ['AccessDeniedException', 400, 'kms_denied'],
    ['UnrecognizedClientException', 400, 'kms_denied'],
    ['DisabledException', 400, 'kms_key_unusable'],
    ['KMSInvalidStateException', 400, 'kms_key_unusable'],
    ['NotFoundException', 400, 'kms_key_unusable'],
    ['KMSInternalException', 500, 'kms_unavailable'],
    ['DependencyTimeoutException', 503, 'kms_unavailable'],
  ])(
    'that answers %s leaves it to later, and what it says of the operator to the log',
    async (type, status, code) => {
      const master = await open();
      const key = await master.wrap(dataKey, of);
      kms.fault = { status, type };
      for (const ask of [
        () => master.wrap(dataKey, of),
        () => master.unwrap(key, of),
      ] as (() => Promise<unknown>)[]) {
        const error: Error = await ask().then(
          () => expect.unreachable(),
          (caught) => caught,
        );
        expect(error).toMatchObject({ kind: 'Unavailable', code });
        expect(error.message).toContain(type);
        expect(error.message).not.toContain('arn:aws');
        expect(error.cause).toBeInstanceOf(Error);
      }
      kms.fault = null;
      expect(await master.unwrap(key, of)).toEqual(dataKey);
    },
  );

  it('is asked again when it is throttled or breaks off, and not when it refuses', async () => {
    const master = await open();
    const key = await master.wrap(dataKey, of);
    const attempts = async (fault: TestKms['fault']) => {
      kms.fault = fault;
      kms.calls.length = 0;
      await expect(master.unwrap(key, of)).rejects.toMatchObject({ kind: 'Unavailable' });
      return kms.calls.length;
    };
    expect(await attempts({ status: 400, type: 'ThrottlingException' })).toBe(3);
    expect(await attempts('reset')).toBe(3);
    expect(await attempts({ status: 400, type: 'AccessDeniedException' })).toBe(1);
  });

  it('that cannot be reached, or may not be, is unavailable', async () => {
    const refused = await open(kms.key, 'http://127.0.0.1:9');
    await expect(refused.wrap(dataKey, of)).rejects.toMatchObject({
      kind: 'Unavailable',
      code: 'kms_unavailable',
    });
    const strict = createSender({ userAgent: 'Pawl/test' });
    try {
      const { endpoint, key } = kms;
      const blocked = await createAwsKms({ key, endpoint, send: strict.send, credentials: TEST_CREDENTIALS });
      await expect(blocked.wrap(dataKey, of)).rejects.toMatchObject({ code: 'kms_unavailable' });
    } finally {
      await strict.close();
    }
    expect(kms.calls).toHaveLength(0);
  });
});
