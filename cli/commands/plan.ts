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

Compares YAML or JSON documents with what the tenant has, and shows what would change; docs/as-code.md says what they may
be. All problems of the files are shown at once. The API key needs the role Reader. "-f -" is standard input.

--prune              Also plan to delete what documents mark with "absent: true".
--detailed-exitcode  Exit with 2 instead of 0 when there are changes. Files that are wrong exit with 1.

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
