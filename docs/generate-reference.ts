// Writes docs/cli.md from what the commands say of themselves, and docs/configuration.md from the schema of the
// environment and what .env.example says of it: `node docs/generate-reference.ts`.
import { readFileSync, writeFileSync } from 'node:fs';
import { runPawl } from '../cli/run-pawl.ts';
import { SECRET_VARIABLES, VARIABLES, type VariableName } from '../config/variables.ts';

const CLI_FILE = new URL('./cli.md', import.meta.url);
const CONFIGURATION_FILE = new URL('./configuration.md', import.meta.url);
const ENVIRONMENT = new URL('../.env.example', import.meta.url);

/** Every page that is made here, by its file. */
export async function referencePages(): Promise<Map<URL, string>> {
  return new Map([
    [CLI_FILE, await cliDocument()],
    [CONFIGURATION_FILE, configurationDocument()],
  ]);
}

async function cliDocument(): Promise<string> {
  const commands = (await said('--help')).split('\n').flatMap((line) => {
    const [, name, summary] = /^ {2}(\w+) +(.+)$/.exec(line) ?? [];
    return name && summary ? [{ name, summary }] : [];
  });
  const sections = commands.map(
    async ({ name, summary }) =>
      `## pawl ${name}\n\n${summary}.\n\n\`\`\`\n${await said(name, '--help')}\n\`\`\`\n`,
  );
  return `# The command pawl

<!-- Made from the commands by \`node docs/generate-reference.ts\`. -->

In the folder of Pawl: \`npm run -s pawl -- <command>\`. Commands print what they found on standard output and what went wrong on
standard error. The exit status is 0 when all went well, 1 when something was refused or failed, and 2 when the command was
called in a way it does not understand.

${(await Promise.all(sections)).join('\n')}`;
}

async function said(...args: string[]): Promise<string> {
  const lines: string[] = [];
  await runPawl(args, { say: (line) => lines.push(line), complain: (line) => lines.push(line) });
  return lines.join('\n');
}

interface Variable {
  name: VariableName;
  default: string;
  about: string;
}

function configurationDocument(): string {
  const rows = variables().map(({ name, default: value, about }) => {
    const secret = SECRET_VARIABLES.has(name) ? ' Never printed.' : '';
    const wanted = expected(name);
    const cells = [`\`${name}\``, value === '' ? '' : `\`${value}\``, `${about}${wanted}${secret}`];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return `# Configuration

<!-- Made from config/variables.ts and .env.example by \`node docs/generate-reference.ts\`. -->

Environment variables, read once when a process starts. An empty one counts as not set. All that is wrong is told at once, and
a name that is not known is told with the nearest one that is.

| variable | default | |
|---|---|---|
${rows.join('\n')}
`;
}

/** What .env.example has: the comment above each variable, and the value that is filled in. */
function variables(): Variable[] {
  const found: Variable[] = [];
  let comment: string[] = [];
  for (const line of readFileSync(ENVIRONMENT, 'utf8').split('\n')) {
    const [, name, value = ''] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (line.startsWith('#')) comment.push(line.slice(1).trim());
    else if (name && Object.hasOwn(VARIABLES, name)) {
      found.push({ name: name as VariableName, default: value, about: comment.join(' ') });
      comment = [];
    } else comment = [];
  }
  return found;
}

/** What the schema says of a value that can mean nothing. */
function expected(name: VariableName): string {
  const parsed = VARIABLES[name].safeParse('\u0001');
  const message = parsed.error?.issues[0]?.message;
  return message === undefined ? '' : ` Takes ${message}.`;
}

if (import.meta.main) {
  for (const [file, text] of await referencePages()) writeFileSync(file, text);
}
