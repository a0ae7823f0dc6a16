// Which commands there are, and what is said to whoever calls none of them.
import { VERSION } from '../processes/version.ts';
import { type Command, UsageError, type Voice } from './command.ts';

// Loaded when asked for: `pawl jobs send` needs no engine.
const COMMANDS: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  start: () => import('./commands/start.ts'),
  migrate: () => import('./commands/migrate.ts'),
  demo: () => import('./commands/demo.ts'),
  tenants: () => import('./commands/tenants.ts'),
  users: () => import('./commands/users.ts'),
  jobs: () => import('./commands/jobs.ts'),
  plan: () => import('./commands/plan.ts'),
  apply: () => import('./commands/apply.ts'),
  pull: () => import('./commands/pull.ts'),
  keys: () => import('./commands/keys.ts'),
  export: () => import('./commands/export.ts'),
  audit: () => import('./commands/audit.ts'),
  db: () => import('./commands/db.ts'),
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
    await printCommands(say);
    return name === undefined ? USAGE_STATUS : 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    complain(`There is no command "${name}".\n`);
    await printCommands(complain);
    return USAGE_STATUS;
  }
  const { command } = await load();
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

async function printCommands(print: (line: string) => void): Promise<void> {
  print(`pawl ${VERSION}: workflows that commit to Postgres, and a worker that fires what they carry.\n`);
  print('Usage: pawl <command> [options]\n');
  for (const [name, load] of Object.entries(COMMANDS)) {
    const { command } = await load();
    print(`  ${name.padEnd(9)} ${command.summary}`);
  }
  print('\npawl <command> --help says more. Configuration comes from the environment: see .env.example.');
}
