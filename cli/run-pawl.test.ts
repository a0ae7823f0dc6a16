import { expect, test } from 'vitest';
import { runPawl } from './run-pawl.ts';

async function pawl(...args: string[]) {
  const said: string[] = [];
  const complaints: string[] = [];
  const status = await runPawl(args, {
    say: (line) => said.push(line),
    complain: (line) => complaints.push(line),
  });
  return { status, said: said.join('\n'), complaints: complaints.join('\n') };
}

const COMMANDS = [
  'start',
  'migrate',
  'demo',
  'tenants',
  'users',
  'jobs',
  'plan',
  'apply',
  'pull',
  'keys',
  'export',
  'audit',
  'db',
];

test('--help lists every command', async () => {
  const { status, said } = await pawl('--help');
  expect(status).toBe(0);
  for (const name of COMMANDS) expect(said).toContain(`  ${name} `);
});

test.each(COMMANDS)('%s --help says how it is used', async (name) => {
  expect(await pawl(name, '--help')).toEqual({
    status: 0,
    said: expect.stringMatching(new RegExp(`^Usage: pawl ${name}`)),
    complaints: '',
  });
});

test.each([
  [[], ''],
  [['strat'], 'There is no command "strat"'],
  [['constructor'], 'There is no command "constructor"'],
  [['start', '--rol', 'all'], '--rol'],
  [['start', '--role', 'both'], 'all, api, worker'],
  [['start', '--processes', '0'], 'a whole number of processes from 1 to 64'],
  [['keys'], 'status, rotate'],
  [['jobs', 'send', 'x'], '<EVENT> is missing'],
  [['jobs', 'send', 'x', 'GO', '--payload', '{'], '--payload is not JSON'],
  [['jobs', 'send', 'x', 'GO', '--payload', '[]'], '--payload is not a JSON object'],
  [['jobs', 'send', 'x', 'GO', 'away'], '"away" is one argument too many'],
  [['export', 'ledger'], '--tenant is missing'],
  [['export', 'events', '--tenant', 'x', '--from', 'yesterday'], '--from is not a time'],
  [['tenants', 'create', '--name', 'x'], '--slug is missing'],
  [['users', 'reset-password'], '--email is missing'],
])('called as %j it says how it is called, with status 2', async (args, complaint) => {
  const { status, complaints } = await pawl(...args);
  expect(status).toBe(2);
  expect(complaints).toContain(complaint);
});
