// What the commands of configuration as code have in common: their options, and the client they make of them.
import { configFromEnvironment } from '../../config/environment.ts';
import { type Client, clientFor } from '../client.ts';
import { UsageError, type Voice } from '../command.ts';

export const FILE_OPTIONS = {
  file: { type: 'string', short: 'f', multiple: true },
  prune: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  url: { type: 'string' },
} as const;

/** @throws UsageError when there are none */
export function requiredFiles(files: readonly string[] | undefined): readonly string[] {
  if (files === undefined || files.length === 0) throw new UsageError('-f <file or folder> is missing.');
  return files;
}

/** @throws PawlError InvalidInput `api_key_missing` */
export function configuredClient(url: string | undefined): Promise<Client> {
  const config = configFromEnvironment();
  return url === undefined ? clientFor(config) : clientFor(config, url);
}

/** A command's own words, for what runs apart from the terminal. */
export const terminal: Voice = {
  say: (line: string) => console.log(line),
  complain: (line: string) => console.error(line),
};

export const WHERE_THE_API_IS =
  'The API is at --url, PAWL_URL, or HOST and PORT; the API key is PAWL_API_KEY, or the one development keeps.';
