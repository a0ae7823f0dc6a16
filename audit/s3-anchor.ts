// Checkpoints in S3, or what speaks its protocol: an object for each, never overwritten. A bucket with Object Lock keeps
// them from whoever has our credentials, too. Names are in the order in which they were written: `<seals>.json`; after a
// gap was acknowledged in `acknowledged-001.json`, under `acknowledged-001/`, where numbers of seals may come again.
import type { ListObjectsV2CommandOutput, S3ClientConfig } from '@aws-sdk/client-s3';
import { type AwsSend, awsHandler } from '../egress/aws-handler.ts';
import { PawlError } from '../engine/errors.ts';
import { type Anchor, unreadable } from './anchor.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';

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
const ACKNOWLEDGED = 'acknowledged-';
const ACKNOWLEDGED_DIGITS = 3;
const ACKNOWLEDGES = /\/acknowledged-\d+\.json$/;

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

  const keysUnder = async (under: string, delimiter?: string): Promise<string[]> =>
    (await pagesOf(under, delimiter))
      .flatMap(({ Contents = [] }) => Contents.map(({ Key = '' }) => Key))
      .sort();

  /** Where a checkpoint goes: behind the last gap that was acknowledged. */
  async function keyOf({ tenantId, seals, acknowledges }: Checkpoint): Promise<string> {
    const own = `${prefix}${tenantId}/`;
    const gaps = (await keysUnder(`${own}${ACKNOWLEDGED}`, '/')).length;
    const gap = (nth: number) => `${own}${ACKNOWLEDGED}${String(nth).padStart(ACKNOWLEDGED_DIGITS, '0')}`;
    if (acknowledges) return `${gap(gaps + 1)}.json`;
    return `${gaps === 0 ? own : `${gap(gaps)}/`}${String(seals).padStart(DIGITS, '0')}.json`;
  }

  return {
    name: `s3://${Bucket}/${prefix}`,
    async write(checkpoint) {
      const Key = await keyOf(checkpoint).catch((error) => {
        throw unavailable(error);
      });
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
        const keys = await keysUnder(`${prefix}${tenantId}/`);
        const gaps = keys.slice(0, -READ_MAX).filter((key) => ACKNOWLEDGES.test(key));
        const texts = [...gaps, ...keys.slice(-READ_MAX)].map(async (Key) => {
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
    `${key} is another checkpoint with as many seals: of before a backup was restored, or of another installation. After a restore: \`pawl audit acknowledge\`. Of another installation: give AUDIT_ANCHOR a prefix of its own.`,
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
