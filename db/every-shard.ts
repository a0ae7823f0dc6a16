// The statements that ask all shards at once. None of them is waited for by a request: they find out where there is work, or
// are an operator's. Each says so in its text, `/* every shard: … */`, so that it is known where it is seen; a statement
// without these words names one shard (test/hot-statements-name-their-shard.test.ts).

/** What such a statement says of itself, and why it may. */
export const EVERY_SHARD = {
  'due work': 'A worker asks which of its shards have something to do, in one statement rather than 64.',
  'dead workers': 'Runs when a worker died, or lost an answer: what it held may lie anywhere.',
  'settling usage':
    'Finds the shards that were metered in a window of transactions, by the holder of the lease.',
  sealing: 'Finds the shards whose log grew or is to be verified, by one sealer in its interval.',
  retention: 'Looks through a month of the log before it is dropped, once in an hour.',
  metrics: 'Counts what is stored, at most once in a few seconds.',
} as const;
