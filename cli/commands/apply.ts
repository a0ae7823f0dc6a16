// `pawl apply`: makes a tenant what files say it is.
import { createInterface } from 'node:readline/promises';
import { runApply } from '../as-code/apply.ts';
import { readSourceFiles } from '../as-code/files.ts';
import {
  configuredClient,
  FILE_OPTIONS,
  requiredFiles,
  terminal,
  WHERE_THE_API_IS,
} from '../as-code/options.ts';
import { type Command, readArgs, UsageError } from '../command.ts';

export const command: Command = {
  help: `
Usage: pawl apply -f <file or folder> [-f …] [--yes] [--prune] [--json] [--url <url>]

Shows what would change, as "pawl plan" does, asks, and does it in the order in which things need each other. What is as
the files say stays untouched, so applying twice changes nothing the second time. When something is refused on the way,
it says what is done and what is not; applying again goes on. docs/as-code.md says more. "-f -" is standard input.

--yes    Do not ask. It is needed where there is no terminal, and with --json.
--prune  Delete what documents mark with "absent: true". Nothing else is ever deleted.

${WHERE_THE_API_IS}`,
  async run(args) {
    const { values } = readArgs(args, {
      ...FILE_OPTIONS,
      yes: { type: 'boolean', short: 'y', default: false },
    });
    const paths = requiredFiles(values.file);
    const { prune, json, yes } = values;
    const canAsk = process.stdin.isTTY && process.stdout.isTTY && !json && !paths.includes('-');
    if (!yes && !canAsk)
      throw new UsageError('There is no terminal to ask on. Look at `pawl plan`, then add --yes.');
    const files = await readSourceFiles(paths);
    const client = await configuredClient(values.url);
    return runApply({ client, files, prune, json, voice: terminal, confirm: yes ? null : ask });
  },
};

async function ask(): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await prompt.question('\nDo this? Only "yes" is a yes: ');
    return answer.trim().toLowerCase() === 'yes';
  } finally {
    prompt.close();
  }
}
