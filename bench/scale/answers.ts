// How long an API takes to answer one request after another.
import { median, nowMs } from '../measure.ts';

/** Milliseconds to the last byte, the median of `times`. Throws for an answer that is not 2xx. */
export async function answerMs(url: string, apiKey: string, times: number): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const startedAt = nowMs();
    const response = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } });
    const text = await response.text();
    took.push(nowMs() - startedAt);
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  }
  return median(took);
}
