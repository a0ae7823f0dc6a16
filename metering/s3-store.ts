// Exports as objects of a bucket of S3, or of what speaks like it.
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { type AwsSend, awsHandler } from '../egress/aws-handler.ts';
import { PawlError } from '../engine/errors.ts';
import type { FileStore } from './destination.ts';

export interface S3StoreOptions {
  bucket: string;
  /** Default: of the region. Anything else is asked by path, as its certificate may not name buckets. */
  endpoint?: string;
  /** The guarded sender; the client opens no socket of its own. */
  send: AwsSend;
  /** Default: where the AWS SDK finds them (environment, profile, role of the machine or pod). */
  credentials?: NonNullable<S3ClientConfig['credentials']>;
  region?: string;
}

/** A part of a few megabytes over a slow line. */
const REQUEST_TIMEOUT_MS = 60_000;
const ATTEMPTS_MAX = 3;
const RESPONSE_BYTES_MAX = 64 * 1024;

/** Loads the client; nothing is asked of S3 before something is written. */
export async function createS3Store(options: S3StoreOptions): Promise<FileStore> {
  const { bucket, endpoint, send, credentials, region } = options;
  const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials !== undefined && { credentials }),
    ...(region !== undefined && { region }),
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: awsHandler(send, { timeoutMs: REQUEST_TIMEOUT_MS, maxResponseBytes: RESPONSE_BYTES_MAX }),
  });
  return {
    async write(name, bytes) {
      try {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body: bytes }));
      } catch (error) {
        const { name: kind, message } = error as Error;
        throw new PawlError(
          'Unavailable',
          'export_failed',
          `The object cannot be written: ${kind}: ${message}`,
          {
            cause: error,
          },
        );
      }
    },
  };
}
