// The web application's built files, read once when the process starts: what is not among them cannot be asked for.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

export interface WebFile {
  contentType: string;
  etag: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** The same, compressed when it was built, by content encoding. */
  encoded: Readonly<Record<'br' | 'gzip', Uint8Array<ArrayBuffer> | undefined>>;
}

/** By path, such as `/index.html`. */
export type WebFiles = ReadonlyMap<string, WebFile>;

/** The one page; which of its own it shows, it reads from the address. */
export const PAGE = '/index.html';

/** The first page of the documentation. */
export const DOCS_PAGE = '/docs/index.html';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** @returns null when nothing was built there */
export async function readWebFiles(directory: string): Promise<WebFiles | null> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const files = new Map<string, WebFile>();
  await Promise.all(
    paths.map(async (path) => {
      const contentType = CONTENT_TYPES[extname(path)];
      if (contentType === undefined) return;
      const bytes = await readFile(path);
      const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
      const compressed = (suffix: string) =>
        paths.includes(path + suffix) ? readFile(path + suffix) : undefined;
      const encoded = { br: await compressed('.br'), gzip: await compressed('.gz') };
      files.set(path.slice(directory.length).replaceAll('\\', '/').replace(/^\/*/, '/'), {
        contentType,
        etag,
        bytes,
        encoded,
      });
    }),
  );
  return files.has(PAGE) ? files : null;
}
