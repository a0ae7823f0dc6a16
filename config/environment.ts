// The one place that reads the real environment. Everything else is given a Config.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type Config, readConfig } from './config.ts';

/**
 * The configuration of this process: the environment, over what a file `.env` in the working directory says.
 * @throws PawlError `config_invalid`, see `readConfig`
 */
export const configFromEnvironment = (): Config => readConfig({ ...environmentFile('.env'), ...process.env });

function environmentFile(path: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Where the demo finds Citus. No setting: whatever `DATABASE_URL` leads to, Pawl sees by itself what that is. */
export const citusUrlFromEnvironment = (): string | null => process.env.CITUS_URL || null;
