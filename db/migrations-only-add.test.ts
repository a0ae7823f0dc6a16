// Two versions run side by side on one database while processes are replaced: so a migration takes nothing away from the
// version before it, or says so. See "Upgrading without downtime" in docs/operating.md.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const FOLDER = new URL('./migrations/', import.meta.url);
/** Before these there was no release whose processes could run beside them. */
const FIRST_WITH_A_PREDECESSOR = 13;
const MARK = /--\s*breaks:\s*\S+/;

/** What the version before may miss, by why. What only such a function body holds is not run by the migration. */
const TAKES_AWAY: readonly [why: string, statement: RegExp][] = [
  ['drops what may be in use', /\bdrop\s+(?:table|column|type|schema|view|sequence|function|role)\b/i],
  ['renames what is known by another name', /\brename\s+(?:to|column|constraint)\b/i],
  ['changes a type', /\balter\s+column\s+\S+\s+(?:set\s+data\s+)?type\b/i],
  ['wants a value that nobody gives yet', /\balter\s+column\s+\S+\s+set\s+not\s+null\b/i],
  [
    'wants a value that nobody gives yet',
    /\badd\s+column\s+(?:(?!\bdefault\b)[^;])*\bnot\s+null\b(?![^;]*\bdefault\b)/i,
  ],
  ['takes a default away', /\balter\s+column\s+\S+\s+drop\s+default\b/i],
  ['takes a right away', /\brevoke\b(?![^;]*\bfrom\s+public\b)/i],
  ['deletes rows', /\b(?:delete\s+from|truncate)\s+\w/i],
  ['refuses rows that were allowed', /\balter\s+table\s+\S+\s+add\s+constraint\s+\S+\s+(?:check|unique)\b/i],
];

function takenAway(sql: string): string[] {
  return (
    sql
      .split('--> statement-breakpoint')
      .filter((statement) => !MARK.test(statement))
      .map((statement) => statement.replaceAll(/--.*$/gm, ''))
      // The body of a function, a procedure or a block with a condition of its own is judged by who reads it.
      .map((statement) =>
        /\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure)\b/i.test(statement) ? '' : statement,
      )
      .flatMap((statement) =>
        TAKES_AWAY.filter(([, pattern]) => pattern.test(statement)).map(
          ([why]) => `${why}: ${statement.trim()}`,
        ),
      )
  );
}

const migrations = readdirSync(FOLDER)
  .filter((name) => /^\d{4}_.*\.sql$/.test(name) && Number(name.slice(0, 4)) >= FIRST_WITH_A_PREDECESSOR)
  .map((name) => ({ name, sql: readFileSync(new URL(name, FOLDER), 'utf8') }));

test.each(migrations)('$name leaves the version before it what it works with', ({ sql }) => {
  expect(takenAway(sql)).toEqual([]);
});

describe('the rule', () => {
  test.each([
    'drop table "jobs"',
    'ALTER TABLE "jobs" DROP COLUMN "key"',
    'alter table jobs rename column key to name',
    'ALTER TABLE "jobs" ALTER COLUMN "key" SET DATA TYPE integer',
    'alter table jobs alter column key set not null',
    'ALTER TABLE "jobs" ADD COLUMN "owner" uuid NOT NULL',
    'ALTER TABLE "jobs" ADD COLUMN "owner" text NOT NULL;',
    'revoke update on jobs from pawl_api',
    'truncate utility_ledger',
    'alter table jobs add constraint short check (length(key) < 10)',
  ])('refuses: %s', (statement) => {
    expect(takenAway(statement)).toHaveLength(1);
  });

  test.each([
    'create table "more" ("shard" smallint NOT NULL)',
    'ALTER TABLE "jobs" ADD COLUMN "owner" uuid',
    `ALTER TABLE "jobs" ADD COLUMN "owner" text DEFAULT 'nobody' NOT NULL`,
    `ALTER TABLE "jobs" ADD COLUMN "owner" text NOT NULL DEFAULT 'nobody'`,
    'grant select on jobs to pawl_worker',
    'revoke all on function f() from public',
    'drop table old_things -- breaks: 0.2.0, which still reads them',
  ])('lets through: %s', (statement) => {
    expect(takenAway(statement)).toEqual([]);
  });
});
