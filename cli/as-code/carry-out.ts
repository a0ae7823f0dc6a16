// Carries out a plan, request by request, and stops at the first that is refused: what is done stays, and is not done
// again the next time.
import type { Change, Plan } from '../../as-code/plan.ts';
import type { ApiRequest, Ref } from '../../as-code/requests.ts';
import { isPawlError, type PawlError } from '../../engine/errors.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Client } from '../client.ts';

export interface Outcome {
  /** In the order in which they were done. */
  done: readonly Change[];
  /** Some of their requests were answered, and not all. */
  begun: readonly Change[];
  untouched: readonly Change[];
  failure: { change: Change; error: PawlError } | null;
}

/** @param onDone hears of each change when the last of its requests is answered */
export async function carryOut(
  client: Client,
  plan: Plan,
  onDone: (change: Change) => void,
): Promise<Outcome> {
  const wanted = plan.changes.filter(({ held }) => !held);
  const steps = wanted
    .flatMap((change) => change.requests.map((request) => ({ change, request })))
    .sort((one, other) => one.request.stage - other.request.stage);
  const left = new Map(wanted.map((change) => [change, change.requests.length]));
  const given = new Map<string, string | number>();
  const done: Change[] = [];
  let failure: Outcome['failure'] = null;
  for (const { change, request } of steps) {
    try {
      await send(client, request, given);
    } catch (error) {
      if (!isPawlError(error)) throw error;
      failure = { change, error };
      break;
    }
    const open = (left.get(change) ?? 1) - 1;
    left.set(change, open);
    if (open > 0) continue;
    done.push(change);
    onDone(change);
  }
  const open = wanted.filter((change) => (left.get(change) ?? 0) > 0);
  const isBegun = (change: Change) => (left.get(change) ?? 0) < change.requests.length;
  return { done, begun: open.filter(isBegun), untouched: open.filter((change) => !isBegun(change)), failure };
}

async function send(
  client: Client,
  { method, path, body, later, gives }: ApiRequest,
  given: Map<string, string | number>,
): Promise<void> {
  const valueOfRef = ({ ref }: Ref): string | number => {
    const value = given.get(ref);
    if (value === undefined) throw new RangeError(`Nothing has given the ${ref}.`);
    return value;
  };
  const where = path.map((part) => (typeof part === 'string' ? part : valueOfRef(part))).join('/');
  const resolved = Object.entries(later ?? {}).map(([key, ref]) => [key, valueOfRef(ref)]);
  const whole = body && { ...body, ...Object.fromEntries(resolved) };
  const answer = await client.request<JsonObject | null>(method, `/${where}`, whole);
  if (gives) given.set(gives.ref, answer?.[gives.member] as string | number);
}
