// `pawl plan`: what `pawl apply` would do, and nothing is done.
import { runPlan } from '../as-code/apply.ts';
import { readSourceFiles } from '../as-code/files.ts';
import {
  configuredClient,
  FILE_OPTIONS,
  requiredFiles,
  terminal,
  WHERE_THE_API_IS,
} from '../as-code/options.ts';
import { type Command, readArgs } from '../command.ts';

export const command: Command = {
  help: `
Usage: pawl plan -f <file or folder> [-f …] [--prune] [--json] [--detailed-exitcode] [--url <url>]

Holds YAML or JSON documents against the tenant and shows the difference; docs/as-code.md says what they may be. Every
problem of the files is told at once. Reading takes the permissions of the role Reader. "-f -" is standard input.

--prune              Plan the deletion of what documents say with "absent: true" as well.
--detailed-exitcode  Exit with 2 when there are changes; without it 0. Files that are wrong are 1.

${WHERE_THE_API_IS}`,
  async run(args) {
    const { values } = readArgs(args, {
      ...FILE_OPTIONS,
      'detailed-exitcode': { type: 'boolean', default: false },
    });
    const files = await readSourceFiles(requiredFiles(values.file));
    const client = await configuredClient(values.url);
    const { prune, json, 'detailed-exitcode': detailedExitCode } = values;
    return runPlan({ client, files, prune, json, detailedExitCode, voice: terminal });
  },
};
