// What GitHub did not deliver, and how it is asked to deliver it again. It never does so by itself
// (https://docs.github.com/webhooks/using-webhooks/handling-failed-webhook-deliveries); what it sent, it lists
// (https://docs.github.com/rest/repos/webhooks#list-deliveries-for-a-repository-webhook, and the same of organisations).
import { z } from 'zod';
import type { JsonObject } from '../engine/json.ts';
import { textAt, textOf } from './body.ts';
import { deliveryId } from './event.ts';
import { optionalHeader } from './headers.ts';
import { Unreadable } from './refused.ts';
import type { Gaps, SentPage, VendorAnswer } from './source-kind.ts';

const HOOK_HEADER = 'x-github-hook-id';
const DAY_MS = 86_400_000;
/** An attempt has 10 seconds to be answered, 30 where GitHub is a server of one's own; the rest is for the list itself. */
const LISTED_WITHIN_MS = 120_000;
/** The most that a page may have. */
const PER_PAGE = 100;

const HOOK_ID = /^[1-9][0-9]{0,18}$/;
const OWNER = /^[A-Za-z0-9_-]{1,100}$/;
const REPOSITORY = /^[A-Za-z0-9_-]{1,100}\/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$/;

/** Webhooks of apps are listed for the app's own key only, which no connection has. */
function ownerOf(kind: string | undefined, payload: JsonObject): string | null {
  const repository = textAt(payload, 'repository', 'full_name');
  if (kind === 'repository' && repository !== undefined && REPOSITORY.test(repository))
    return `repos/${repository}`;
  const organization = textAt(payload, 'organization', 'login');
  if (kind === 'organization' && organization !== undefined && OWNER.test(organization))
    return `orgs/${organization}`;
  return null;
}

const attempts = z.array(
  z.object({
    id: z.string().regex(/^[0-9]{1,20}$/),
    guid: z.string().min(1),
    delivered_at: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
    redelivery: z.boolean(),
    status_code: z.int(),
  }),
);

/** Ids have more digits than a JavaScript number holds, so they are read as they are written. */
const exactIds = (key: string, value: unknown, { source }: { source?: string }): unknown =>
  key === 'id' && typeof value === 'number' && source !== undefined ? source : value;

function readList({ headers, body }: VendorAnswer): SentPage {
  const parsed = attempts.safeParse(jsonWithExactIds(textOf(body)));
  if (!parsed.success) throw new Unreadable('unexpected');
  return {
    sent: parsed.data.map((attempt) => ({
      id: attempt.id,
      deliveryId: deliveryId(attempt.guid),
      sentAt: attempt.delivered_at,
      isAgain: attempt.redelivery,
      status: attempt.status_code > 0 ? attempt.status_code : null,
    })),
    cursor: nextCursor(headers.link),
  };
}

function jsonWithExactIds(text: string): unknown {
  try {
    return JSON.parse(text, exactIds as (key: string, value: unknown) => unknown);
  } catch {
    throw new Unreadable('body_not_json');
  }
}

/** Of `Link: <https://…&cursor=v1_123>; rel="next"`; the rest of that address is not followed, whoever it names. */
function nextCursor(link: string | undefined): string | null {
  const next = link?.match(/<([^<>]*)>\s*;[^,]*\brel="?next"?/)?.[1];
  return next === undefined ? null : (URL.parse(next)?.searchParams.get('cursor') ?? null);
}

export const githubGaps: Gaps = {
  provider: 'github',
  permission:
    'A fine-grained token needs “Webhooks: read and write” on the repository or organisation; a classic one `admin:repo_hook` or `admin:org_hook`.',
  keptMs: 3 * DAY_MS,
  listedWithinMs: LISTED_WITHIN_MS,
  hookHeader: HOOK_HEADER,
  hookOf(headers, payload) {
    const header = (name: string) => optionalHeader({ url: '', headers, body: NOTHING }, name);
    const id = header(HOOK_HEADER);
    const owner = ownerOf(header('x-github-hook-installation-target-type'), payload);
    return id !== undefined && HOOK_ID.test(id) && owner !== null ? `${owner}/hooks/${id}` : null;
  },
  idOf: (hook) => hook.slice(hook.lastIndexOf('/') + 1),
  list: (hook, cursor) => ({
    method: 'GET',
    path: `/${hook}/deliveries`,
    query: `per_page=${PER_PAGE}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
  }),
  readList,
  sendAgain: (hook, { id }) => ({ method: 'POST', path: `/${hook}/deliveries/${id}/attempts`, query: '' }),
};

const NOTHING = new Uint8Array();
