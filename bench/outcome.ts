// What a trial prints: its counts, and everything that should not have happened. Exit status 1 if anything did.

export function tellOutcome(
  counts: Readonly<Record<string, number>>,
  violations: readonly string[],
  json: boolean,
): void {
  if (json) process.stdout.write(`${JSON.stringify({ ...counts, violations }, null, 2)}\n`);
  else {
    for (const [name, value] of Object.entries(counts)) process.stdout.write(`${name.padEnd(24)} ${value}\n`);
    process.stdout.write(`${'violations'.padEnd(24)} ${violations.length}\n`);
    for (const violation of violations.slice(0, 50)) process.stdout.write(`  ${violation}\n`);
  }
  process.exitCode = violations.length > 0 ? 1 : 0;
}
