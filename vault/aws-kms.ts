// Master keys that never leave AWS KMS: it wraps and unwraps data keys, bound to their tenant by the encryption context.
import type { DecryptCommandOutput, EncryptCommandOutput, KMSClientConfig } from '@aws-sdk/client-kms';
import { awsRequestHandler, type Send } from '../egress/aws-requests.ts';
import { PawlError } from '../engine/errors.ts';
import { type DataKeyRef, type MasterKeys, unreadableDataKey } from './master-keys.ts';

export interface AwsKmsOptions {
  /** ARN of a key or alias, or `alias/name` of the region's own. */
  key: string;
  /** Default: of the region. */
  endpoint?: string;
  /** The guarded sender; the client opens no socket of its own. */
  send: Send;
  /** Default: where the AWS SDK finds them (environment, profile, role of the machine or pod). */
  credentials?: NonNullable<KMSClientConfig['credentials']>;
}

/** KMS answers within milliseconds; with its attempts, an action waits for one answer below a third of a minute. */
const REQUEST_TIMEOUT_MS = 5_000;
const ATTEMPTS_MAX = 3;
/** An answer holds one wrapped key. */
const RESPONSE_BYTES_MAX = 64 * 1024;
/** Asked with the context of no key, to learn what an alias stands for. */
const NOBODY: DataKeyRef = {
  tenantId: '00000000-0000-0000-0000-000000000000',
  dataKeyId: '00000000-0000-0000-0000-000000000000',
};
const KEY_ARN = /^arn:[^:]+:kms:([^:]+):[^:]+:(key|alias)\//;

/** Loads the client; nothing is asked of KMS before a key is wrapped or unwrapped. */
export async function createAwsKms({ key, endpoint, send, credentials }: AwsKmsOptions): Promise<MasterKeys> {
  const { KMSClient, EncryptCommand, DecryptCommand } = await import('@aws-sdk/client-kms');
  const [, region, kind] = KEY_ARN.exec(key) ?? [];
  const client = new KMSClient({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: awsRequestHandler(send, {
      timeoutMs: REQUEST_TIMEOUT_MS,
      maxResponseBytes: RESPONSE_BYTES_MAX,
    }) as unknown as Handler,
  });

  async function wrap(dataKey: Uint8Array, of: DataKeyRef) {
    const command = new EncryptCommand({ KeyId: key, Plaintext: dataKey, EncryptionContext: contextOf(of) });
    const { CiphertextBlob, KeyId } = await client.send(command).catch(rethrow<EncryptCommandOutput>);
    if (CiphertextBlob === undefined || KeyId === undefined)
      throw unavailable('The answer of KMS is not whole.');
    return { wrapped: Buffer.from(CiphertextBlob), wrappingKeyId: KeyId };
  }

  return {
    // An alias may be given another key while we run, so it is asked for each time.
    currentKeyId: async () => (kind === 'key' ? key : (await wrap(Uint8Array.of(0), NOBODY)).wrappingKeyId),
    wrap,
    async unwrap({ wrapped, wrappingKeyId }, of) {
      const command = new DecryptCommand({
        // Named, so that KMS opens nothing that another key it knows was given.
        KeyId: wrappingKeyId,
        CiphertextBlob: wrapped,
        EncryptionContext: contextOf(of),
      });
      const { Plaintext } = await client.send(command).catch(rethrow<DecryptCommandOutput>);
      if (Plaintext === undefined) throw unavailable('The answer of KMS is not whole.');
      const bytes = Buffer.from(Plaintext);
      Plaintext.fill(0);
      return bytes;
    },
  };
}

/** Authenticated by KMS, shown in its audit trail, and what key policies may name. */
const contextOf = ({ tenantId, dataKeyId }: DataKeyRef): Record<string, string> => ({
  'pawl:tenant': tenantId,
  'pawl:data_key': dataKeyId,
});

type Handler = NonNullable<KMSClientConfig['requestHandler']>;

// https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html, API_Encrypt.html and API_Decrypt.html.
const UNREADABLE = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);
const THROTTLED = new Set([
  'ThrottlingException',
  'Throttling',
  'LimitExceededException',
  'RequestLimitExceeded',
]);
const UNUSABLE = new Set([
  'NotFoundException',
  'DisabledException',
  'KMSInvalidStateException',
  'InvalidKeyUsageException',
]);
const DENIED = new Set([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'MissingAuthenticationTokenException',
  'ExpiredTokenException',
  'CredentialsProviderError',
]);

function rethrow<T>(cause: unknown): T {
  const { name = '', message = '' } = cause as Partial<Error>;
  if (UNREADABLE.has(name)) throw unreadableDataKey(cause);
  // What KMS says in words names accounts and roles of the operator, which tenants may read: the log has it all.
  const what = typeof cause === 'object' && cause !== null && '$fault' in cause ? name : message;
  if (THROTTLED.has(name))
    throw new PawlError('Unavailable', 'kms_throttled', `KMS is asked too often: ${what}.`, { cause });
  if (DENIED.has(name))
    throw new PawlError('Unavailable', 'kms_denied', `KMS does not let us use the key: ${what}.`, { cause });
  if (UNUSABLE.has(name))
    throw new PawlError('Unavailable', 'kms_key_unusable', `The KMS key cannot be used: ${what}.`, { cause });
  throw unavailable(`KMS cannot be reached: ${what}`, cause);
}

const unavailable = (message: string, cause?: unknown): PawlError =>
  new PawlError('Unavailable', 'kms_unavailable', message, { cause });
