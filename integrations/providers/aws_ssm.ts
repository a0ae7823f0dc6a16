// AWS Systems Manager: commands on instances, through the JSON protocol of one region.
import { z } from 'zod';
import type { OutboundRequest } from '../../egress/request.ts';
import type { Json } from '../../engine/json.ts';
import { readBody, textAt } from '../answer.ts';
import { signed } from '../aws-signature.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { failureByStatus, throttled } from '../judge-status.ts';
import type { Answer, JudgeContext, RequestContext, Verdict, WebhookInput } from '../provider.ts';
import { Refusal } from '../refusal.ts';
import { bodyOf, FORM, headersOf } from '../request-parts.ts';
import { parseRetryAfter, retryAfterHeader } from '../retry-after.ts';
import { TEST_JUDGING, testReport } from '../test-report.ts';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const SEND_COMMAND = 'AmazonSSM.SendCommand';
// AWS's own limit of a comment, of which the run's id takes its part.
const MAX_COMMENT_CHARACTERS = 100;
const MARKER_CHARACTERS = 'pawl:'.length + 36;
const MAX_INSTANCES = 50;

const credentials = z.strictObject({
  access_key_id: z
    .string()
    .regex(/^[A-Z0-9]{16,128}$/, 'must be capital letters and digits, such as `AKIA…`'),
  secret_access_key: z
    .string()
    .regex(/^[A-Za-z0-9/+=]{16,128}$/, 'must be letters, digits, `/`, `+` and `=`'),
  region: z
    .string()
    .regex(/^[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/, 'must be a region such as `eu-central-1`'),
});

type AwsCredentials = z.output<typeof credentials>;

// China's regions are a partition with a domain of its own.
const host = (service: 'ssm' | 'sts', { region }: AwsCredentials): string =>
  `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

function sign(
  service: 'ssm' | 'sts',
  request: Omit<OutboundRequest, 'method' | 'url'>,
  given: AwsCredentials,
  { now }: RequestContext,
): OutboundRequest {
  const { region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = given;
  const url = `${host(service, given)}/`;
  return signed({ method: 'POST', url, ...request }, { service, region, accessKeyId, secretAccessKey, now });
}

// What the signature consists of is the connection's; an action may choose the call (`x-amz-target`).
const SIGNATURE = {
  authorization: '',
  'x-amz-date': '',
  'x-amz-content-sha256': '',
  'x-amz-security-token': '',
};

function request(input: WebhookInput, given: AwsCredentials, context: RequestContext): OutboundRequest {
  if (!['', '/'].includes(input.path) || input.query !== '') {
    throw new Refusal('path_invalid', 'Every call goes to `/`; the header `X-Amz-Target` names it.');
  }
  if (input.method.toUpperCase() !== 'POST') {
    throw new Refusal('method_invalid', 'Systems Manager takes POST only.');
  }
  const checked = headersOf(input.headers, { ...SIGNATURE, 'content-type': CONTENT_TYPE });
  const headers = Object.fromEntries(Object.entries(checked).filter(([name]) => !(name in SIGNATURE)));
  headers['x-amz-target'] ??= SEND_COMMAND;
  const body = bodyOf('POST', input.body ?? {}, headers);
  return sign('ssm', { headers, body }, given, context);
}

const strings = z.array(z.string());

const sendCommand = defineOperation({
  title: 'Send a command',
  help: 'To instances, by id or by tag. Accepted is not executed: ask for the result, or have SNS report it. There is no idempotency token, so a command that may have been sent is not sent again; its comment ends in `pawl:<action run id>` to find it by.',
  example: { instance_ids: ['i-0123456789abcdef0'], commands: ['systemctl restart api'], comment: 'Restart' },
  input: z
    .strictObject({
      instance_ids: z
        .array(z.string().regex(/^m?i-[0-9a-f]{8,17}$/, 'must be an instance’s id'))
        .min(1)
        .max(MAX_INSTANCES)
        .optional()
        .describe('Instances by id, 50 at most.'),
      targets: z
        .array(z.strictObject({ key: z.string().min(1).max(163), values: strings.min(1).max(50) }))
        .min(1)
        .max(5)
        .optional()
        .describe('Instances by tag: `{"key": "tag:Role", "values": ["api"]}`.'),
      document_name: z
        .string()
        .min(1)
        .max(512)
        .default('AWS-RunShellScript')
        .describe('The document that is run.'),
      commands: strings
        .min(1)
        .optional()
        .describe('Lines of shell: the parameter `commands` of the document.'),
      parameters: z
        .record(z.string(), strings)
        .optional()
        .describe('Further parameters of the document, each a list of texts.'),
      timeout_seconds: z
        .int()
        .min(30)
        .max(2_592_000)
        .optional()
        .describe('How long an instance that is not there may take to appear.'),
      comment: z
        .string()
        .max(MAX_COMMENT_CHARACTERS - MARKER_CHARACTERS - 1)
        .optional()
        .describe('Shown in the console, before the run’s id.'),
    })
    .refine((input) => (input.instance_ids === undefined) !== (input.targets === undefined), {
      message: 'needs exactly one of `instance_ids` and `targets`',
    }),
  request(input, given: AwsCredentials, context) {
    const marker = `pawl:${context.idempotencyKey}`;
    const parameters = { ...input.parameters, ...(input.commands && { commands: input.commands }) };
    const command = {
      DocumentName: input.document_name,
      InstanceIds: input.instance_ids,
      Targets: input.targets?.map(({ key, values }) => ({ Key: key, Values: values })),
      Parameters: Object.keys(parameters).length === 0 ? undefined : parameters,
      TimeoutSeconds: input.timeout_seconds,
      Comment: input.comment === undefined ? marker : `${input.comment} ${marker}`,
    };
    const headers = { 'content-type': CONTENT_TYPE, 'x-amz-target': SEND_COMMAND };
    return sign('ssm', { headers, body: JSON.stringify(command) }, given, context);
  },
});

const THROTTLED = /^(?:Throttl|RequestThrottled|TooManyRequests|RequestLimitExceeded|SlowDown)/;
const REFUSED_CREDENTIAL = new Set([
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'IncompleteSignatureException',
  'MissingAuthenticationTokenException',
  'AccessDeniedException',
  'ExpiredTokenException',
  'OptInRequired',
  // Of STS.
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'AccessDenied',
]);
// The clock of whoever signed is wrong, not the key; the next attempt is signed anew.
const CLOCK = /signature (?:expired|not yet current)/i;

function judge(answer: Answer, context: JudgeContext): Verdict {
  const body = readBody(answer);
  if (answer.status >= 200 && answer.status < 300) {
    const messageId = textAt(body, 'Command', 'CommandId');
    return { outcome: 'succeeded', ...(messageId === undefined ? {} : { messageId }) };
  }
  const { type, message: said } = errorOf(body);
  const message = type === undefined ? undefined : `AWS: ${type}${said === undefined ? '' : `: ${said}`}`;
  const code = type === undefined ? undefined : `aws_${type}`;
  const failed = failureByStatus(answer, context, { code, message });
  if (type === undefined) return failed;
  const words = { code: failed.code, message: failed.message };
  if (THROTTLED.test(type)) {
    return throttled(words, parseRetryAfter(answer.headers['retry-after'], context.now));
  }
  if (CLOCK.test(said ?? '')) return throttled(words, null);
  const { flagConnection: _, ...rest } = failed;
  return REFUSED_CREDENTIAL.has(type) ? { ...rest, flagConnection: true } : rest;
}

/** SSM says it in JSON (`__type`, with or without a namespace before `#`), STS in XML. */
function errorOf(body: Json): { type: string | undefined; message: string | undefined } {
  if (typeof body === 'string') return { type: tag(body, 'Code'), message: tag(body, 'Message') };
  return {
    type: textAt(body, '__type')?.split('#').pop(),
    message: textAt(body, 'message') ?? textAt(body, 'Message'),
  };
}

const tag = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]{1,1000})</${name}>`).exec(xml)?.[1];

export const awsSsm = defineProvider<AwsCredentials>({
  id: 'aws_ssm',
  title: 'AWS Systems Manager',
  docsUrl: 'https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html',
  fields: [
    {
      name: 'access_key_id',
      label: 'Access key id',
      help: 'Of an IAM user that may do `ssm:SendCommand` on the instances and the document, and nothing else.',
      secret: true,
      link: 'https://console.aws.amazon.com/iam/home#/security_credentials',
      example: 'AKIAIOSFODNN7EXAMPLE',
    },
    {
      name: 'secret_access_key',
      label: 'Secret access key',
      help: 'Shown once, when the access key is made.',
      secret: true,
      link: 'https://console.aws.amazon.com/iam/home#/security_credentials',
      example: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
    {
      name: 'region',
      label: 'Region',
      help: 'Where the instances are.',
      secret: false,
      link: 'https://docs.aws.amazon.com/general/latest/gr/ssm.html',
      example: 'eu-central-1',
    },
  ],
  credentials,
  origins: (given) => [host('ssm', given), host('sts', given)],
  request,
  webhook: {
    help: 'Leave `path` out. The body is the call’s JSON; the header `X-Amz-Target` names the call, `AmazonSSM.SendCommand` where it is left out. The request is signed.',
    example: {
      path: '',
      body: {
        DocumentName: 'AWS-RunShellScript',
        InstanceIds: ['i-0123456789abcdef0'],
        Parameters: { commands: ['uptime'] },
      },
    },
  },
  operations: { send_command: sendCommand },
  // There is no idempotency token: a command after a 5xx may run twice.
  safeToRepeat: false,
  judge,
  rateLimit: (answer, now) =>
    THROTTLED.test(errorOf(readBodyOfFailure(answer)).type ?? '')
      ? parseRetryAfter(answer.headers['retry-after'], now)
      : retryAfterHeader(answer, now),
  test: {
    request: (given, context) =>
      sign(
        'sts',
        { headers: { 'content-type': FORM }, body: 'Action=GetCallerIdentity&Version=2011-06-15' },
        given,
        context,
      ),
    describe(answer) {
      const body = readBody(answer);
      const arn = typeof body === 'string' ? tag(body, 'Arn') : undefined;
      return testReport(
        judge(answer, TEST_JUDGING),
        `The key is that of ${arn ?? 'an identity without a name'}.`,
      );
    },
  },
  // SendCommand shares a small, unpublished rate with the whole account and region.
  limits: { concurrency: 4, perSecond: 2, burst: 5 },
});

/** Answers of success are not parsed for their errors: this is asked of every answer. */
const readBodyOfFailure = (answer: Answer): Json => (answer.status < 400 ? null : readBody(answer));
