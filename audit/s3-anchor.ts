// Checkpoints in S3, or what speaks its protocol: an object for each, never overwritten. A bucket with Object Lock keeps
// them from whoever has our credentials, too.
import type { ListObjectsV2CommandOutput, S3ClientConfig } from '@aws-sdk/client-s3';
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

  async function pagesOf(under: string, delimiter?: string) {
    const pages: ListObjectsV2CommandOutput[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix: under, ContinuationToken, Delimiter: delimiter }),
      );
      pages.push(page);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return pages;
  }

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
      try {
        await client.send(put);
      } catch (error) {
        if (statusOf(error) !== 412) throw unavailable(error);
        // It is there already, unless the database went back to before it and went on otherwise.
        const { Body: there } = await client.send(new GetObjectCommand({ Bucket, Key }));
        const kept = readCheckpoint((await there?.transformToString()) ?? '');
        if (kept?.head !== checkpoint.head) throw another(Key);
      }
    },
    async read(tenantId) {
      try {
        const pages = await pagesOf(`${prefix}${tenantId}/`);
        const keys = pages.flatMap(({ Contents = [] }) => Contents.map(({ Key = '' }) => Key));
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
    async tenants() {
      const pages = await pagesOf(prefix, '/').catch((error) => {
        throw unavailable(error);
      });
      return pages.flatMap(({ CommonPrefixes = [] }) =>
        CommonPrefixes.map(({ Prefix = '' }) => Prefix.slice(prefix.length, -1)),
      );
    },
  };
}

const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;

const another = (key: string): PawlError =>
  new PawlError(
    'Conflict',
    'anchor_holds_another',
    `${key} is another checkpoint with as many seals: of before a backup was restored, or of another installation. Give AUDIT_ANCHOR a prefix of its own, and keep the objects of the one before.`,
  );

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
