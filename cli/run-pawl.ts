// Which commands there are, and what is said to whoever calls none of them.
import { VERSION } from '../processes/version.ts';
import { type Command, UsageError, type Voice } from './command.ts';

interface Listed {
  /** One line for the list of commands. */
  summary: string;
  /** When asked for: `pawl jobs send` needs no engine. */
  load(): Promise<{ command: Command }>;
}

const COMMANDS: Readonly<Record<string, Listed>> = {
  start: {
    summary: 'Run Pawl',
    load: () => import('./commands/start.ts'),
  },
  migrate: {
    summary: 'Bring the database to the tables of this version',
    load: () => import('./commands/migrate.ts'),
  },
  demo: {
    summary: 'Show everything once, and check that every promise held',
    load: () => import('./commands/demo.ts'),
  },
  tenants: {
    summary:
      'Make a tenant with its first API key, list tenants, move one to another shard, or shred its keys',
    load: () => import('./commands/tenants.ts'),
  },
  users: {
    summary: 'Give somebody a new password',
    load: () => import('./commands/users.ts'),
  },
  jobs: {
    summary: 'Send an event to a job, or follow one',
    load: () => import('./commands/jobs.ts'),
  },
  plan: {
    summary: 'Show what files would change',
    load: () => import('./commands/plan.ts'),
  },
  apply: {
    summary: 'Make a tenant what files say it is',
    load: () => import('./commands/apply.ts'),
  },
  pull: {
    summary: 'Write what a tenant has as files',
    load: () => import('./commands/pull.ts'),
  },
  keys: {
    summary: 'Show encryption keys, or replace them while everything runs',
    load: () => import('./commands/keys.ts'),
  },
  export: {
    summary: "Write a tenant's ledger or event log to standard output",
    load: () => import('./commands/export.ts'),
  },
  audit: {
    summary: 'Prove that the audit log was not altered',
    load: () => import('./commands/audit.ts'),
  },
  db: {
    summary: 'Show how the tables lie in the database, and lay them out over several servers',
    load: () => import('./commands/db.ts'),
  },
};

/** Of a program that was called wrongly, as shells and coreutils have it. */
const USAGE_STATUS = 2;
const HELP = new Set(['--help', '-h', 'help']);

/**
 * Runs the command that the first argument names.
 * @returns the exit status
 * @throws what the command throws, but for UsageError
 */
export async function runPawl([name, ...args]: string[], { say, complain }: Voice): Promise<number> {
  if (name === '--version') {
    say(VERSION);
    return 0;
  }
  if (name === undefined || HELP.has(name)) {
    printCommands(say);
    return name === undefined ? USAGE_STATUS : 0;
  }
  const listed = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!listed) {
    complain(`There is no command "${name}".\n`);
    printCommands(complain);
    return USAGE_STATUS;
  }
  const { command } = await listed.load();
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    say(command.help.trim());
    return 0;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      complain(`${error.message}\n\n${command.help.trim()}`);
      return USAGE_STATUS;
    }
    throw error;
  }
}

function printCommands(print: (line: string) => void): void {
  print(`pawl ${VERSION}: workflows that commit to Postgres, and a worker that fires what they carry.\n`);
  print('Usage: pawl <command> [options]\n');
  for (const [name, { summary }] of Object.entries(COMMANDS)) print(`  ${name.padEnd(9)} ${summary}`);
  print('\npawl <command> --help says more. Configuration comes from the environment: see .env.example.');
}
