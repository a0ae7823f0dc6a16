import { describe, expect, test } from 'vitest';
import { kindAndConfig, onlyEvent, requestOf } from '../inbound.testkit.ts';
import type { HeaderLine } from '../source-kind.ts';

const { kind, config } = kindAndConfig('slack');
const FORM: HeaderLine = ['Content-Type', 'application/x-www-form-urlencoded'];
const JSON_TYPE: HeaderLine = ['Content-Type', 'application/json'];
const TIMESTAMP: HeaderLine = ['X-Slack-Request-Timestamp', '1531420618'];

// https://docs.slack.dev/authentication/verifying-requests-from-slack
const COMMAND = [
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V',
  'channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=',
  'response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN',
  'trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
].join('&');
const COMMAND_REQUEST = requestOf(
  [
    FORM,
    TIMESTAMP,
    ['X-Slack-Signature', 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'],
  ],
  COMMAND,
);

const readJson = (payload: object) =>
  kind.read(requestOf([JSON_TYPE, TIMESTAMP], JSON.stringify(payload)), { config });
const readForm = (fields: Record<string, string>, timestamp = TIMESTAMP) =>
  kind.read(requestOf([FORM, timestamp], new URLSearchParams(fields).toString()), { config });

test('lets in the slash command of Slack’s documentation, within five minutes of it', () => {
  const secrets = ['8f742231b10e8888abcd99yyyzzz85a5'];
  const at = (unix: number) => kind.verify(COMMAND_REQUEST, { config, secrets, now: new Date(unix * 1000) });
  expect(at(1531420618)).toEqual({ ok: true });
  expect(at(1531420618 + 300)).toEqual({ ok: true });
  expect(at(1531420618 + 301)).toEqual({ ok: false, why: 'outside_window' });
});

test('reads a slash command, leaving the old verification token behind', () => {
  const reading = kind.read(COMMAND_REQUEST, { config });
  const event = onlyEvent(reading);
  expect(event.type).toBe('slash_command');
  expect(event.deliveryId).toBe('398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c');
  expect(event.payload).toMatchObject({ command: '/webhook-collect', text: '', user_id: 'U2CERLKJA' });
  expect(JSON.stringify(reading)).not.toContain('xyzz0WbapA4vBCDEFasx0q6G');
});

test('shows nothing to whoever typed or clicked', () => {
  expect(kind.read(COMMAND_REQUEST, { config }).reply).toEqual({ status: 200, headers: {}, body: '' });
});

test('answers the verification of the URL with its challenge, as plain text', () => {
  const reading = readJson({ token: 't', challenge: '3eZbrw1aBm2rZgRNFdxV', type: 'url_verification' });
  expect(reading.kind).toBe('ignored');
  expect(reading.reply).toEqual({
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: '3eZbrw1aBm2rZgRNFdxV',
  });
});

test('ignores Slack’s look whether the URL answers', () => {
  expect(readForm({ ssl_check: '1', token: 't' }).kind).toBe('ignored');
});

describe('an event', () => {
  const callback = (event: object) => ({ type: 'event_callback', token: 't', event_id: 'Ev0LAN670R', event });

  test('is known by its inner type and its id, on every attempt', () => {
    const event = onlyEvent(readJson(callback({ type: 'app_mention', text: 'hi' })));
    expect(event).toMatchObject({ type: 'app_mention', deliveryId: 'Ev0LAN670R' });
    expect(event.payload).toEqual({
      type: 'event_callback',
      event_id: 'Ev0LAN670R',
      event: { type: 'app_mention', text: 'hi' },
    });
  });

  test('tells the message of a person from that of a bot', () => {
    expect(onlyEvent(readJson(callback({ type: 'message' }))).type).toBe('message');
    expect(onlyEvent(readJson(callback({ type: 'message', subtype: 'bot_message' }))).type).toBe(
      'message.bot_message',
    );
  });

  test('must have a type', () => {
    expect(readJson(callback({}))).toMatchObject({ kind: 'unreadable', why: 'event_type_missing' });
    expect(readJson({})).toMatchObject({ kind: 'unreadable', why: 'event_type_missing' });
  });
});

describe('a click', () => {
  test('arrives as JSON in a form', () => {
    const payload = {
      type: 'block_actions',
      token: 't',
      trigger_id: '13345224609.738474920',
      actions: [{ value: 'yes' }],
    };
    const event = onlyEvent(readForm({ payload: JSON.stringify(payload) }));
    expect(event).toEqual({
      type: 'block_actions',
      deliveryId: '13345224609.738474920',
      payload: { type: 'block_actions', trigger_id: '13345224609.738474920', actions: [{ value: 'yes' }] },
    });
  });

  test('without a trigger id is known by its time and body', () => {
    const payload = JSON.stringify({ type: 'view_closed', view: { id: 'V1' } });
    const first = onlyEvent(readForm({ payload })).deliveryId;
    expect(first).toMatch(/^sha256:/);
    expect(onlyEvent(readForm({ payload })).deliveryId).toBe(first);
    const later: HeaderLine = ['X-Slack-Request-Timestamp', '1531420619'];
    expect(onlyEvent(readForm({ payload }, later)).deliveryId).not.toBe(first);
  });

  test('that is not JSON is shown as unreadable', () => {
    expect(readForm({ payload: '{' })).toMatchObject({ kind: 'unreadable', why: 'body_not_json' });
    expect(readForm({ payload: '7' })).toMatchObject({ kind: 'unreadable', why: 'body_not_an_object' });
    expect(readForm({})).toMatchObject({ kind: 'unreadable', why: 'event_type_missing' });
  });
});
