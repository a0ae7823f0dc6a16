// Before each test file.
import fc from 'fast-check';
import { afterAll } from 'vitest';
import { newId } from '../db/new-id.ts';
import { timeOf } from '../db/uuid-time.ts';

// Below `testTimeout`: an example that fails is told with what it was reduced to by then, not as a test that took too long.
fc.configureGlobal({ interruptAfterTimeLimit: 45_000 });

// Files share processes, and the ids of one are never earlier than those it has made: the file that made ids under a clock
// that was ahead is to fail, not whichever comes after it.
afterAll(() => {
  const aheadMs = timeOf(newId()) - Date.now();
  if (aheadMs > 0)
    throw new Error(`ids were made ${aheadMs} ms ahead of the clock: make them before it is set`);
});
