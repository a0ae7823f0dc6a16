// Checkpoints in S3, or what speaks its protocol: an object for each, never overwritten. A bucket with Object Lock keeps
// them from whoever has our credentials, too.
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { type AwsSend, awsHandler } from '../egress/aws-handler.ts';
import { PawlError } from '../engine/errors.ts';
import { type Anchor, unreadable } from './anchor.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';

export interface S3AnchorOptions {
  bucket: string;
  /** Before every key; empty, or ends with a slash. */
  prefix: string;
  /** Default: of the region. */
  endpoint?: string;
  send: AwsSend;
  /** Default: where the AWS SDK finds them. */
  credentials?: NonNullable<S3ClientConfig['credentials']>;
}

const REQUEST_TIMEOUT_MS = 15_000;
/** A list of a thousand keys is some hundred kilobytes. */
const RESPONSE_BYTES_MAX = 4 * 1024 * 1024;
/** Each covers all before it; the older ones say since when something is wrong. */
const READ_MAX = 100;
/** Keys are in the order of the numbers in them. */
const DIGITS = 15;

export async function createS3Anchor(options: S3AnchorOptions): Promise<Anchor> {
  const { bucket: Bucket, prefix, endpoint, send, credentials } = options;
  const { S3Client, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } = await import(
    '@aws-sdk/client-s3'
  );
  const bounds = { timeoutMs: REQUEST_TIMEOUT_MS, maxResponseBytes: RESPONSE_BYTES_MAX };
  const client = new S3Client({
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials !== undefined && { credentials }),
    requestHandler: awsHandler(send, bounds),
    // What speaks the protocol does not always know newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });

  return {
    name: `s3://${Bucket}/${prefix}`,
    async write(checkpoint) {
      const Key = `${prefix}${checkpoint.tenantId}/${String(checkpoint.seals).padStart(DIGITS, '0')}.json`;
      const Body = `${writeCheckpoint(checkpoint)}\n`;
      const put = new PutObjectCommand({
        Bucket,
        Key,
        Body,
        ContentType: 'application/json',
        IfNoneMatch: '*',
      });
      await client.send(put).catch((error) => {
        // 412: it is there already.
        if (statusOf(error) !== 412) throw unavailable(error);
      });
    },
    async read(tenantId) {
      try {
        const keys: string[] = [];
        let ContinuationToken: string | undefined;
        do {
          const list = new ListObjectsV2Command({
            Bucket,
            Prefix: `${prefix}${tenantId}/`,
            ContinuationToken,
          });
          const page = await client.send(list);
          keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
          ContinuationToken = page.NextContinuationToken;
        } while (ContinuationToken !== undefined);
        const newest = keys.sort().slice(-READ_MAX);
        const texts = newest.map(async (Key) => {
          const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
          return (await Body?.transformToString()) ?? '';
        });
        return (await Promise.all(texts)).map((text) => readCheckpoint(text) ?? unreadable(tenantId));
      } catch (error) {
        throw unavailable(error);
      }
    },
  };
}

const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;

function unavailable(cause: unknown): PawlError {
  const { name = '', message = '' } = cause as Partial<Error>;
  return new PawlError(
    'Unavailable',
    'anchor_unavailable',
    `Checkpoints cannot be kept in S3: ${name} ${message}`,
    {
      cause,
    },
  );
}
