// Where the deployment lets exports go: a directory, a bucket, both or neither.
import type { Config } from '../config/config.ts';
import { createSender } from '../egress/sender.ts';
import { createDirectoryStore } from '../metering/directory-store.ts';
import { createS3Store } from '../metering/s3-store.ts';
import type { ExportStores } from '../worker/metering-exports.ts';
import { operatorsPolicy } from './operators-policy.ts';
import { USER_AGENT } from './version.ts';

export async function openExportStores({
  exports,
}: Pick<Config, 'exports'>): Promise<{ stores: ExportStores; close(): Promise<void> }> {
  const { directory, s3Bucket: bucket, s3Endpoint } = exports;
  const stores: ExportStores = {};
  if (directory !== undefined) stores.directory = createDirectoryStore(directory);
  if (bucket === undefined) return { stores, close: async () => {} };
  const sender = createSender({ policy: operatorsPolicy(s3Endpoint), userAgent: USER_AGENT });
  const endpoint = s3Endpoint === undefined ? {} : { endpoint: s3Endpoint };
  stores.s3 = await createS3Store({ bucket, ...endpoint, send: sender.send });
  return { stores, close: sender.close };
}
