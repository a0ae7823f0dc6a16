import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/json.ts';
import { signed } from '../aws-signature.ts';
import { buildRequest } from '../build-request.ts';
import { allowedOrigins, validateCredentials } from '../catalogue.ts';
import { describeContract, exampleCalls, reportOf } from '../contract.testkit.ts';
import { answer, context, judging, operation, requestOf, webhook } from '../integrations.testkit.ts';
import { essence, type Wire } from '../vendor.testkit.ts';
import { awsSsm } from './aws_ssm.ts';

const credentials = {
  access_key_id: 'AKIAIOSFODNN7EXAMPLE',
  secret_access_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'eu-central-1',
};
const error = (type: string, message = 'x'): Json => ({ __type: type, message });

const contract = describeContract({
  provider: awsSsm,
  credentials,
  calls: exampleCalls(awsSsm),
  origins: /^https:\/\/(?:ssm|sts)\.[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?$/,
  accepted: { status: 200, body: { Command: { CommandId: 'c-1', Status: 'Pending' } } },
  unauthorized: {
    status: 400,
    body: error('UnrecognizedClientException', 'The security token included in the request is invalid.'),
  },
  limits: {
    ThrottlingException: { status: 400, body: error('ThrottlingException', 'Rate exceeded'), waitMs: null },
    'with a namespace': {
      status: 400,
      body: error('com.amazon.coral.availability#ThrottlingException'),
      waitMs: null,
    },
    'with Retry-After': {
      status: 400,
      body: error('ThrottlingException'),
      headers: { 'retry-after': '2' },
      waitMs: 2000,
    },
    429: {
      status: 429,
      body: error('TooManyRequestsException'),
      headers: { 'retry-after': '2' },
      waitMs: 2000,
    },
  },
  repeatable: [],
});

const call = operation('aws_ssm.send_command', {
  instance_ids: ['i-0123456789abcdef0'],
  commands: ['systemctl restart api', 'uptime'],
  parameters: { workingDirectory: ['/srv'] },
  timeout_seconds: 60,
  comment: 'Restart',
});
const command = {
  DocumentName: 'AWS-RunShellScript',
  InstanceIds: ['i-0123456789abcdef0'],
  Parameters: { workingDirectory: ['/srv'], commands: ['systemctl restart api', 'uptime'] },
  TimeoutSeconds: 60,
  Comment: `Restart pawl:${context.idempotencyKey}`,
};

const sdk = () => ({
  region: credentials.region,
  endpoint: contract.vendor.origin,
  credentials: { accessKeyId: credentials.access_key_id, secretAccessKey: credentials.secret_access_key },
  maxAttempts: 1,
});

/** The `authorization` that we would have put on a request of the SDK's, signing the very headers it signed. */
function ourSignature(wire: Wire, service: string, body: string): string | undefined {
  const names = /SignedHeaders=([^,]+)/.exec(wire.headers.authorization ?? '')?.[1]?.split(';') ?? [];
  const ours = names.filter((name) => !['host', 'content-length', 'x-amz-date'].includes(name));
  const headers = Object.fromEntries(ours.map((name) => [name, wire.headers[name] ?? '']));
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(wire.headers['x-amz-date'] ?? '') ?? [];
  return signed(
    { method: wire.method, url: `${contract.vendor.origin}${wire.path}`, headers, body },
    {
      service,
      region: credentials.region,
      accessKeyId: credentials.access_key_id,
      secretAccessKey: credentials.secret_access_key,
      now: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`),
    },
  ).headers.authorization;
}

describe('aws_ssm.send_command', () => {
  it('is a signed POST of the JSON protocol, marked with the run’s id', async () => {
    const wire = await contract.wireOf(call);
    expect(wire).toMatchObject({
      method: 'POST',
      path: '/',
      query: [],
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonSSM.SendCommand',
        'x-amz-date': '20250301T120000Z',
      },
      body: command,
    });
    expect(wire.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20250301\/eu-central-1\/ssm\/aws4_request, SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}$/,
    );
  });

  it('is what @aws-sdk/client-ssm sends, signed as that signs', async () => {
    const ours = await contract.wireOf(call);
    const theirs = await contract.vendor.catches(() =>
      new SSMClient(sdk()).send(new SendCommandCommand(command)),
    );
    expect(essence(ours, ['x-amz-target'])).toEqual(essence(theirs, ['x-amz-target']));
    expect(ourSignature(theirs, 'ssm', JSON.stringify(theirs.body))).toBe(theirs.headers.authorization);
  });

  it.each<Json>([
    {},
    { instance_ids: ['i-0123456789abcdef0'], targets: [{ key: 'tag:Role', values: ['api'] }] },
    { instance_ids: ['i-xyz'] },
    { instance_ids: [] },
    { instance_ids: ['i-0123456789abcdef0'], commands: 'uptime' },
    { instance_ids: ['i-0123456789abcdef0'], comment: 'x'.repeat(59) },
  ])('refuses %j', (input) => {
    expect(
      buildRequest(awsSsm, operation('aws_ssm.send_command', input), credentials, context),
    ).toMatchObject({
      ok: false,
      code: 'input_invalid',
    });
  });

  it('keeps to AWS’s hundred characters of comment, with the run’s id whole', () => {
    const input = {
      targets: [{ key: 'tag:Role', values: ['api'] }],
      commands: ['x'],
      comment: 'x'.repeat(58),
    };
    const body = JSON.parse(
      String(requestOf(awsSsm, operation('aws_ssm.send_command', input), credentials).body),
    );
    expect(body.Comment).toHaveLength(100);
    expect(body.Comment.endsWith(context.idempotencyKey)).toBe(true);
    expect(body.Targets).toEqual([{ Key: 'tag:Role', Values: ['api'] }]);
  });
});

describe('a webhook to Systems Manager', () => {
  it('names any call in its target, and may set nothing of the signature', async () => {
    const listing = webhook({
      headers: { 'X-Amz-Target': 'AmazonSSM.ListCommands' },
      body: { MaxResults: 1 },
    });
    expect(await contract.wireOf(listing)).toMatchObject({
      path: '/',
      headers: { 'x-amz-target': 'AmazonSSM.ListCommands', 'content-type': 'application/x-amz-json-1.1' },
      body: { MaxResults: 1 },
    });
    for (const name of [
      'X-Amz-Date',
      'Authorization',
      'X-Amz-Security-Token',
      'X-Amz-Content-Sha256',
      'Host',
    ]) {
      expect(buildRequest(awsSsm, webhook({ headers: { [name]: 'x' } }), credentials, context)).toMatchObject(
        {
          code: 'header_not_allowed',
        },
      );
    }
  });

  it('has no path, no query and one method', () => {
    expect(buildRequest(awsSsm, webhook({ path: '/x' }), credentials, context)).toMatchObject({
      code: 'path_invalid',
    });
    expect(buildRequest(awsSsm, webhook({ query: 'a=b' }), credentials, context)).toMatchObject({
      code: 'path_invalid',
    });
    expect(buildRequest(awsSsm, webhook({ method: 'GET' }), credentials, context)).toMatchObject({
      code: 'method_invalid',
    });
  });
});

describe('AWS’s answer', () => {
  it('gives the command’s id', () => {
    expect(awsSsm.judge(answer(200, { Command: { CommandId: 'c-1' } }), judging(false))).toEqual({
      outcome: 'succeeded',
      messageId: 'c-1',
    });
  });

  it('is read by its type', () => {
    expect(
      awsSsm.judge(answer(400, error('InvalidInstanceId', 'Instances not in a valid state')), judging(true)),
    ).toEqual({
      outcome: 'failed',
      retry: false,
      code: 'aws_InvalidInstanceId',
      message: 'AWS: InvalidInstanceId: Instances not in a valid state',
    });
    expect(awsSsm.judge(answer(400, error('AccessDeniedException')), judging(true))).toMatchObject({
      flagConnection: true,
    });
  });

  it('blames a wrong clock on nobody’s key', () => {
    const late = error(
      'InvalidSignatureException',
      'Signature expired: 20250301T120000Z is now earlier than …',
    );
    const verdict = awsSsm.judge(answer(400, late), judging(false));
    expect(verdict).toMatchObject({ retry: true });
    expect(verdict).not.toHaveProperty('flagConnection');
  });
});

it('goes to the region’s own hosts, in its partition', () => {
  expect(allowedOrigins('aws_ssm', credentials)).toEqual([
    'https://ssm.eu-central-1.amazonaws.com',
    'https://sts.eu-central-1.amazonaws.com',
  ]);
  expect(allowedOrigins('aws_ssm', { ...credentials, region: 'cn-north-1' })).toContain(
    'https://ssm.cn-north-1.amazonaws.com.cn',
  );
  expect(allowedOrigins('aws_ssm', { ...credentials, region: 'us-gov-west-1' })).toContain(
    'https://ssm.us-gov-west-1.amazonaws.com',
  );
  for (const region of [
    '',
    'eu',
    'eu-central-1.evil.example',
    'evil.example/',
    'eu-central-1#',
    'eu-central-1\n',
    'EU-CENTRAL-1',
  ]) {
    expect(validateCredentials('aws_ssm', { ...credentials, region })).toMatchObject([
      { pointer: '/credentials/region' },
    ]);
  }
});

it('tests the key by asking STS who it is, as @aws-sdk/client-sts does', async () => {
  const ours = await contract.testWire();
  const theirs = await contract.vendor.catches(() =>
    new STSClient(sdk()).send(new GetCallerIdentityCommand({})),
  );
  expect(essence(ours, [])).toEqual(essence(theirs, []));
  expect(ours.headers.authorization).toContain('/eu-central-1/sts/aws4_request');
  const body = new URLSearchParams(theirs.body as Record<string, string>).toString();
  expect(ourSignature(theirs, 'sts', body)).toBe(theirs.headers.authorization);

  const identity =
    '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/pawl</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>';
  expect(reportOf(awsSsm, { status: 200, body: identity })).toEqual({
    ok: true,
    code: 'ok',
    message: 'The key is that of arn:aws:iam::123456789012:user/pawl.',
  });
  const refused =
    '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token is invalid.</Message></Error></ErrorResponse>';
  expect(reportOf(awsSsm, { status: 403, body: refused })).toEqual({
    ok: false,
    code: 'aws_InvalidClientTokenId',
    message: 'AWS: InvalidClientTokenId: The security token is invalid.',
  });
});
