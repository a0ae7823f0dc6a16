#!/usr/bin/env node
// The command `pawl`: runs what was asked for, and says in words what went wrong.
import { isPawlError } from '../engine/errors.ts';
import { runPawl } from './run-pawl.ts';

function explain(error: unknown): void {
  if (!isPawlError(error)) {
    console.error(error);
    return;
  }
  console.error(`${error.code}: ${error.message}`);
  for (const { pointer, message } of error.problems) {
    // Some messages list their problems already.
    if (!error.message.includes(message)) console.error(`  ${pointer}: ${message}`);
  }
}

// Whoever reads our output may stop reading: `pawl export ledger | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  process.exitCode = await runPawl(process.argv.slice(2), {
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
  });
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
