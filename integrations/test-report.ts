// What a test call found, said the way an action's outcome would be.
import type { JudgeContext, TestReport, Verdict } from './provider.ts';

/** What a test call is judged with: nobody repeats it, so when it came does not matter. */
export const TEST_JUDGING: JudgeContext = { now: new Date(0), safeToRepeat: false, operation: null };

/** `sentence` for a call that succeeded, the verdict's own code and words for one that failed. */
export function testReport(verdict: Verdict, sentence: string): TestReport {
  if (verdict.outcome === 'succeeded') return { ok: true, code: 'ok', message: sentence };
  return { ok: false, code: verdict.code, message: verdict.message };
}
