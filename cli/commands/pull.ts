// `pawl pull`: writes what a tenant has as files for `pawl apply`.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KINDS } from '../../as-code/kinds.ts';
import { partsFor } from '../../as-code/present.ts';
import { plural } from '../../as-code/words.ts';
import { writeFiles } from '../../as-code/written.ts';
import { PawlError } from '../../engine/errors.ts';
import { configuredClient, terminal, WHERE_THE_API_IS } from '../as-code/options.ts';
import { readPresent } from '../as-code/read-present.ts';
import type { Client } from '../client.ts';
import { type Command, readArgs, type Voice } from '../command.ts';

export const command: Command = {
  help: `
Usage: pawl pull <folder> [--force] [--url <url>]

Writes workflows, scopes, supplies, triggers, subscriptions, groups and roles as documents for "pawl apply". Applying them
to the same tenant changes nothing; another tenant can be made like it. Secrets are never written. Workflows are written in
their published version, or in the latest one if none is published. The API key needs the role Reader.

--force  Write into a folder that is not empty; files of the same names are replaced, others stay.

${WHERE_THE_API_IS}`,
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      { force: { type: 'boolean', default: false }, url: { type: 'string' } },
      ['folder'],
    );
    const client = await configuredClient(values.url);
    await pull({ client, folder: positionals.folder, force: values.force, voice: terminal });
    return 0;
  },
};

/** @throws PawlError Conflict `folder_not_empty` */
export async function pull({
  client,
  folder,
  force,
  voice,
}: {
  client: Client;
  folder: string;
  force: boolean;
  voice: Voice;
}): Promise<void> {
  const before = await readdir(folder).catch(() => []);
  if (before.length > 0 && !force) {
    throw new PawlError(
      'Conflict',
      'folder_not_empty',
      `${folder} is not empty. Name another folder, or add --force.`,
    );
  }
  const everything = { parts: partsFor(KINDS), workflows: () => true, groups: () => true };
  const { files, notes } = writeFiles(await readPresent(client, everything));
  for (const { path, text } of files) {
    const to = join(folder, path);
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, text);
    voice.say(to);
  }
  for (const note of notes) voice.complain(note);
  voice.say(`${plural(files.length, 'file')} written.`);
}
