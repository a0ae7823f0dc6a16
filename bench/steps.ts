// What steps towards speed gave, for docs/benchmarks.md: each measured once, before and after in turns on one machine, when it was
// made. Figures of other days belong to other code, so nothing here is measured again.

/** @returns a section of the page */
export const whatStepsGave = `## What steps gave

Before and after in turns on the machine above, 2026-11-21, one run or two of each, as given; profiles by \`--profile\`, \`perf\` and
\`pg_stat_statements\`. CPU is of the processes and of Postgres, for one transition or event, in milliseconds.

| what was measured | before | after | by what |
|---|--:|--:|---|
| \`--only transitions\`, CPU | 0.141, 0.146 | 0.082, 0.110 | parts of the commit that have no rows are left out; rows are passed as arrays instead of JSON (Postgres reads them in a third of the time); arrays are written three times as fast |
| the same, \`--tenants 64\` (all shards) | 0.427, 0.481 | 0.419, 0.331 | |
| \`--only e2e\`, CPU | 1.457, 1.266 | 1.102, 1.192 | as above, and claims, loads and starts of several shards in one transaction |
| of those, transactions an event | 0.567, 0.565 | 0.351, 0.361 | |
| the same, \`--tenants 64\`, CPU | 3.003, 3.397 | 2.253, 2.762 | |
| of those, transactions an event | 1.701, 1.705 | 0.644, 0.806 | |
| \`--only deliveries\`, actions a second | 3,749 | 4,762, 4,790 | as above; claims enter a lane behind what was claimed of it (a claim of 20 went from 36 to 95 µs a row over the first 40 000 of a lane, and stays at 32) |
| \`--only half_load\`, from commit to arrival, median, ms | 22.7 | 13.5 | while lists are walked, claims are 10 ms apart instead of one for each notice |
| \`node bench/many-processes.ts\`, four workers to one | 0.48 | 0.64 | the same: all workers are woken by the same notice |
| the same, four workers and two APIs to one of each, after half a minute, 2026-11-22 | 0.53, 0.57 | 0.62 | each of several workers waits for as much longer between two claims: 320 instead of 440 claims for 1 000 actions |
| \`node bench/scale.ts --only finished\`, transitions a second beside 100 000 stored jobs, 2026-11-22 | 7,212, 7,230 | 11,874 | what has to hold for a change is asked once, not for each pair of a change and a job |
| \`node bench/scale.ts --only neighbour\`, from commit to arrival beside a queue that is worked off, median, ms, 2026-11-22 | 19.9, 17.8, 18.8 | 13.2, 13.9, 12.9 | a shard that was not asked for three rounds is asked at once |
| of those, actions of that queue sent a second | some 500 | 1,804 | a full lane is come back to, whoever is woken meanwhile |
| \`node bench/scale.ts --only tenants\`, 10 000 tenants on four shards: a claim, ms, 2026-11-22 | 19.5 | 2.1 | it looks at hardly more lanes than it may take rows; lanes take turns |
| of those, actions sent a second | 951 | 3,114 | the same, and look-ups of different tenants share transactions (2,547 and 1,270 with and without that, right after each other) |
| of those, events over HTTP a second, each the first of its tenant | 598, 771 | 1,059, 1,428 | the latter |
| \`--only e2e\`, CPU, six runs each in turns, 2026-11-22 | 1.40, 1.03, 1.14, 1.11, 0.95, 0.91 | 1.14, 0.98, 0.99, 0.95, 0.82, 0.84 | events that wait when a commit ends wait as long again as it took, so that others share the next one: 0.23 instead of 0.30 transactions an event |
| \`--only e2e,half_load\`, from commit to arrival at half load, 99th percentile, ms, five runs each in turns, 2026-11-22 | 115, 137, 124, 201, 179 | 62, 87, 84, 90, 52 | the same |
| \`node bench/many-processes.ts --seconds 50\`, record, µs of Postgres a list, in the first half minute of a partition, 2026-11-22 | 195, 211, 198 | 105, 107, 103 | jobs are named too: a plan made without statistics took the index of jobs, and looked into each of the shard |
| \`node bench/scale.ts --only neighbour\`, actions of the long queue sent a second, three runs each in turns, 2026-11-22 | 1,951, 2,394, 2,409 | 3,642, 3,812, 4,121 | a claim no longer reads its shard from the beginning for each row it takes: with statistics of an empty queue it had that plan |
| \`node bench/scale.ts --only neighbour\`, from commit to arrival beside a queue that is worked off, 99th percentile, ms, three runs each in turns, 2026-11-22 | 68, 60, 34 | 34, 32, 27 | the log is sealed by 500 entries instead of 5,000, with rests; the embedded Postgres writes WAL in files of 4 MB, as each new one holds up every commit while it is filled with zeros |
| \`node bench/statements.ts\`, record, µs of Postgres a list, by 20 and by 128 | 73, 116 | 57, 42 | the planner is told of a thousand rows, so that batches are joined by hash instead of each row with each |
| \`--only deliveries --deliveries 3000 --database-url …\`, a Postgres 15 as Debian has it, actions a second, 2026-11-22 | 39 | 3,450 | sessions turn \`jit\` off: a step that is disfavoured costs so much there that each such statement was compiled each time |
| \`CITUS_URL=… npm run bench\`, a coordinator and two servers on the machine, transitions a second, 2026-11-22 | 810 | 11,401 | what is sent all the time is planned once, by functions on the tables' own parts; a batch is of one shard, and what asks all shards asks each server once |
| of those, actions sent a second | 441 | 2,248 | the same |

What did not help, or not enough, and was not kept: one shard instead of four for the same load; the oldest of several workers
taking what is due and the others what is late (0.63 to 0.72 of one worker instead of 0.53; but all of its requests are of unknown
outcome at once when it is cut off); other settings of V8's collector; a smaller
fill factor of \`action_runs\`, alone or without the copy of request and answer; beside a long queue, lists that go on eight at a time in a turn of
the event loop, and claims and starts of their own for shards that were quiet (the processor is what is waited for there: without fsync the
99th percentile is the same); there, too, each shard asked 10 ms after it was asked last in place of rounds of all shards (from commit
to arrival 12.5 instead of 13.0 ms in the median, as long in the 99th percentile, eight runs each in turns, 2026-11-23; and 6 to 9 %
more transactions an event with 64 tenants). \`node bench/statements.ts\` prints what each statement
costs by how many lists share it.
`;
