// After a commit: every cache that may hold what it changed is told, here at once and elsewhere within moments.
import type { ApiDeps } from './deps.ts';

/** What caches go by. `api_key:` stands for the keys and the roles of a tenant. */
export type Change =
  | `${'connection' | 'endpoint' | 'source'}:${string}:${string}`
  | `api_key:${string}`
  | `tenant:${string}`;

/** Never rejects: the change is committed, and caches that miss the message forget by themselves. */
export async function announce(
  { changed, notifier, log }: Pick<ApiDeps, 'changed' | 'notifier' | 'log'>,
  change: Change,
): Promise<void> {
  changed(change);
  await notifier
    .changed(change)
    .catch((error) => log.warn({ err: error, change }, 'a change could not be announced'));
}
