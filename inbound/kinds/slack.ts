// Slack: the Events API, slash commands, and clicks in messages and views, all at one URL.
import { z } from 'zod';
import type { JsonObject } from '../../engine/json.ts';
import { asObject, formObject, formPairs, jsonObject, jsonOf, textAt } from '../body.ts';
import { defineSourceKind } from '../define-source-kind.ts';
import { deliveryId, eventType, hashId } from '../event.ts';
import { FORM, mediaType, requiredHeader } from '../headers.ts';
import { Unreadable } from '../refused.ts';
import { afterPrefix, anyMatches, assertRecent, hmac, USUAL_WINDOW_SECONDS } from '../signature.ts';
import type { InboundRequest, KindReading } from '../source-kind.ts';

const TIMESTAMP = 'x-slack-request-timestamp';

/** Slack's old shared secret, still sent along: no workflow needs it. */
function withoutToken({ token: _, ...payload }: JsonObject): JsonObject {
  return payload;
}

function readForm(request: InboundRequest): KindReading {
  const form = formObject(formPairs(request.body));
  if (form.ssl_check === '1') return { ignored: 'Slack looked whether the URL answers' };
  if (typeof form.payload === 'string') {
    const payload = asObject(jsonOf(form.payload));
    return event(request, textAt(payload, 'type'), textAt(payload, 'trigger_id'), payload);
  }
  const type = textAt(form, 'command') === undefined ? undefined : 'slash_command';
  return event(request, type, textAt(form, 'trigger_id'), form);
}

function readJson(request: InboundRequest): KindReading {
  const payload = jsonObject(request.body);
  const type = textAt(payload, 'type');
  if (type === 'url_verification') {
    return {
      ignored: 'Slack verified the URL',
      reply: {
        status: 200,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: textAt(payload, 'challenge') ?? '',
      },
    };
  }
  if (type !== 'event_callback') return event(request, type, textAt(payload, 'event_id'), payload);
  const inner = textAt(payload, 'event', 'type');
  if (inner === undefined) throw new Unreadable('event_type_missing');
  const named = eventType(inner, textAt(payload, 'event', 'subtype'));
  return event(request, named, textAt(payload, 'event_id'), payload);
}

/** An empty answer in any case: Slack would show any other to whoever typed or clicked. */
function event(
  request: InboundRequest,
  type: string | undefined,
  id: string | undefined,
  payload: JsonObject,
): KindReading {
  if (type === undefined) throw new Unreadable('event_type_missing');
  const delivery =
    id === undefined ? hashId(requiredHeader(request, TIMESTAMP), ':', request.body) : deliveryId(id);
  return { events: [{ deliveryId: delivery, type: eventType(type), payload: withoutToken(payload) }] };
}

export const slack = defineSourceKind({
  id: 'slack',
  title: 'Slack',
  docsUrl: 'https://docs.slack.dev/authentication/verifying-requests-from-slack',
  fields: [],
  config: z.strictObject({}),
  secret: {
    label: 'Signing secret',
    help: 'The app’s “Signing Secret”, not the older verification token.',
    madeBy: 'vendor',
    link: 'https://api.slack.com/apps',
    example: '00000000000000000000000000000000',
  },
  setup: {
    link: 'https://api.slack.com/apps',
    steps: [
      'Open your app → Basic Information → App Credentials, and enter its Signing Secret here.',
      'Event Subscriptions → Enable Events → Request URL: `{url}`. Slack verifies it at once.',
      'Subscribe to the bot events you need and save.',
      'Interactivity & Shortcuts → Request URL: `{url}`, for clicks on buttons.',
      'Slash Commands → Create New Command → Request URL: `{url}`.',
    ],
    exampleTypes: ['app_mention', 'message', 'slash_command', 'block_actions', 'view_submission'],
  },
  explains: {
    signature:
      '`X-Slack-Signature`: `v0=` and the hex HMAC-SHA256 of `v0:`, the timestamp, `:` and the body.',
    window: '`X-Slack-Request-Timestamp` must be within 5 minutes of now, either way.',
    deliveryId:
      'The `event_id` of events, the `trigger_id` of commands and clicks; without either, the SHA-256 of timestamp and body.',
    type: 'For events the inner `event.type`, then a dot and its `subtype` where it has one; `slash_command`; for clicks and views the payload’s `type`.',
    payload: 'The JSON body, the command’s fields, or the JSON in `payload`; without `token`.',
    reply:
      'An empty 200, which shows nothing to the user; `url_verification` is answered with its challenge.',
  },
  verify(request, { secrets, now }) {
    const timestamp = requiredHeader(request, TIMESTAMP);
    const signature = afterPrefix(requiredHeader(request, 'x-slack-signature'), 'v0=');
    assertRecent(timestamp, now, USUAL_WINDOW_SECONDS);
    return anyMatches(
      [signature],
      secrets.map((secret) => hmac('sha256', secret, [`v0:${timestamp}:`, request.body], 'hex')),
    );
  },
  read: (request) => (mediaType(request) === FORM ? readForm(request) : readJson(request)),
});
