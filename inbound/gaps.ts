// What a vendor is asked to send again, from the attempts it lists. Pure. The list is the memory of what was asked before: an
// attempt that was asked for is in it, with the same delivery.
import type { Sent } from './source-kind.ts';

/** A delivery that did not arrive, and may yet. */
export interface Gap {
  deliveryId: string;
  firstSentAt: Date;
  last: Sent;
  /** How often the vendor has tried. */
  attempts: number;
}

/** With the vendor's own first one. What has failed so often wants a person. */
export const ATTEMPTS_MAX = 5;

const MINUTE_MS = 60_000;
/** After the first attempt, the second, …: outlasts an outage of hours, and leaves a receiver alone that is down. */
const WAITS_MS = [2, 10, 60, 360].map((minutes) => minutes * MINUTE_MS);

/** Answered by whoever may answer otherwise the next time. 401 is what a sender gets whose secret was being changed. */
const MAY_BE_OTHERWISE = new Set([401, 408, 425, 429]);

/**
 * Deliveries of which no attempt arrived and another is worth while. A 404 is left alone: it is what a deactivated source
 * answers, on purpose. So is what begins with another attempt: its first one was read before, and it arrived since or was given up.
 * @param sent in any order
 */
export function gapsOf(sent: readonly Sent[]): Gap[] {
  const deliveries = Map.groupBy(sent, ({ deliveryId }) => deliveryId);
  return [...deliveries].flatMap(([deliveryId, attempts]) => {
    const inOrder = attempts.toSorted((a, b) => a.sentAt.getTime() - b.sentAt.getTime());
    const [first, last] = [inOrder[0], inOrder.at(-1)];
    if (!first || !last || first.isAgain || attempts.some(hasArrived)) return [];
    if (attempts.length >= ATTEMPTS_MAX || !isWorthAnother(last)) return [];
    return [{ deliveryId, firstSentAt: first.sentAt, last, attempts: attempts.length }];
  });
}

/** Whether it is time to ask for it. */
export const isDue = ({ last, attempts }: Gap, now: Date): boolean =>
  last.sentAt.getTime() + (WAITS_MS[attempts - 1] ?? Number.POSITIVE_INFINITY) <= now.getTime();

const hasArrived = ({ status }: Sent): boolean => status !== null && status >= 200 && status <= 299;

const isWorthAnother = ({ status }: Sent): boolean =>
  status === null || status >= 500 || MAY_BE_OTHERWISE.has(status);
