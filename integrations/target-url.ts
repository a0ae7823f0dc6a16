// Puts an action's path and query behind a connection's base URL, so that neither can leave it.
import { Refusal } from './refusal.ts';

const MALFORMED_PERCENT = /%(?![0-9A-Fa-f]{2})/;
const ENCODED_ASCII = /%([0-7][0-9A-Fa-f])/g;
// Proxies and servers decode once more than they should; nobody decodes more often than this.
const DECODINGS = 3;

/**
 * `base` (an absolute URL without query) + `path` + `query`, as one URL. The base's own path is kept; `path` is
 * percent-encoded, empty or starting with `/` or `?`; `query` is percent-encoded pairs. Throws Refusal `path_invalid`
 * or `query_invalid`.
 */
export function targetUrl(base: string, path: string, query = ''): string {
  const wrong = pathProblem(path);
  if (wrong !== null) throw new Refusal('path_invalid', `The path cannot be used: ${wrong}.`);
  const wrongQuery = textProblem(query);
  if (wrongQuery !== null) throw new Refusal('query_invalid', `The query cannot be used: ${wrongQuery}.`);

  const { pathname, search } = splitPath(path);
  const url = new URL(base);
  if (pathname !== '') url.pathname = url.pathname.replace(/\/$/, '') + pathname;
  url.search = [search, query].filter((part) => part !== '').join('&');
  return url.href;
}

/** Why a path (with or without a query) is not acceptable, as half a sentence; null when it is. */
export function pathProblem(path: string): string | null {
  const { pathname } = splitPath(path);
  if (pathname !== '' && !pathname.startsWith('/'))
    return 'it must start with `/`, behind the connection’s own host';
  return textProblem(path) ?? segmentsProblem(pathname);
}

function textProblem(text: string): string | null {
  if (hasControl(text)) return 'it holds a control character';
  if (text.includes('#')) return 'a fragment (`#`) is never sent';
  if (MALFORMED_PERCENT.test(text)) return 'a `%` is not followed by two hexadecimal digits';
  return null;
}

function splitPath(path: string): { pathname: string; search: string } {
  const mark = path.indexOf('?');
  return mark < 0
    ? { pathname: path, search: '' }
    : { pathname: path.slice(0, mark), search: path.slice(mark + 1) };
}

function segmentsProblem(pathname: string): string | null {
  let decoded = pathname;
  for (let round = 0; round <= DECODINGS; round += 1) {
    if (hasControl(decoded)) return 'it holds an encoded control character';
    if (decoded.includes('\\')) return 'it holds a backslash';
    if (decoded.includes('//')) return 'it holds `//`';
    // `..;x` counts: some servers cut a segment's parameters off before they resolve it.
    if (decoded.split('/').some((segment) => /^\.{1,2}(?:;|$)/.test(segment)))
      return 'it holds a `.` or `..` segment';
    const next = decoded.replace(ENCODED_ASCII, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === decoded) return null;
    decoded = next;
  }
  return 'it is percent-encoded too many times over';
}

function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
