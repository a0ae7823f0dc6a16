// What a command of `pawl` is, and how its arguments are read.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { isCalendarDay } from '../engine/calendar-day.ts';

export interface Command {
  /** What `--help` prints. */
  help: string;
  /** @returns the exit status */
  run(args: string[]): Promise<number>;
}

/** Where a command line's own words go. */
export interface Voice {
  say(line: string): void;
  complain(line: string): void;
}

/** The command was called in a way it does not understand: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads options and exactly the named positional arguments.
 * @throws UsageError for what is unknown, missing or too much
 */
export function readArgs<const O extends ParseArgsOptionsConfig, const P extends string>(
  args: string[],
  options: O,
  positionalNames: readonly P[] = [],
) {
  const { values, positionals } = parsed(() =>
    parseArgs({ args, options, allowPositionals: true, strict: true }),
  );
  const missing = positionalNames[positionals.length];
  if (missing !== undefined) throw new UsageError(`<${missing}> is missing.`);
  if (positionals.length > positionalNames.length) {
    throw new UsageError(`"${positionals[positionalNames.length]}" is one argument too many.`);
  }
  const named = Object.fromEntries(positionalNames.map((name, i) => [name, positionals[i]]));
  return { values, positionals: named as Record<P, string> };
}

/** Picks the subcommand that the first argument names. */
export function subcommandOf<const N extends string>(
  args: string[],
  names: readonly N[],
): { name: N; rest: string[] } {
  const [first, ...rest] = args;
  const name = names.find((one) => one === first);
  if (name === undefined) {
    const known = names.join(', ');
    throw new UsageError(first === undefined ? `Say one of ${known}.` : `"${first}" is not one of ${known}.`);
  }
  return { name, rest };
}

/** @throws UsageError when it is missing */
export function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`--${name} is missing.`);
  return value;
}

/** A JSON object out of an option. */
export function jsonOption(text: string, name: string): Record<string, unknown> {
  const value: unknown = parsed(() => JSON.parse(text), `--${name} is not JSON: `);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`--${name} is not a JSON object.`);
  }
  return value as Record<string, unknown>;
}

/** A moment out of an option: ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z. */
export function timeOption(text: string, name: string): Date {
  const time = new Date(text);
  const [, day] = /^(\d{4}-\d\d-\d\d)(?:T|$)/.exec(text) ?? [];
  if (day === undefined || !isCalendarDay(day) || Number.isNaN(time.getTime())) {
    throw new UsageError(`--${name} is not a time such as 2026-01-31 or 2026-01-31T12:00:00Z.`);
  }
  return time;
}

function parsed<T>(parse: () => T, prefix = ''): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(prefix + (error instanceof Error ? error.message : String(error)));
  }
}
