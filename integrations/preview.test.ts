import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../engine/json.ts';
import { isSecretField, maskedFields, publicFields } from './credential-fields.ts';
import { defineProvider } from './define-provider.ts';
import { operation, sent, webhook } from './integrations.testkit.ts';
import { preview } from './preview.ts';
import { genericRest } from './providers/generic_rest.ts';
import { sendgrid } from './providers/sendgrid.ts';
import { twilio } from './providers/twilio.ts';

const account_sid = `AC${'0'.repeat(32)}`;

describe('what may be shown of a connection', () => {
  it('is every field that is not secret', () => {
    expect(publicFields(twilio, { account_sid, auth_token: 'x' })).toEqual({ account_sid });
    expect(publicFields(sendgrid, { api_key: 'x' })).toEqual({});
    expect(
      publicFields(genericRest, { base_url: 'https://a.example', auth_header: 'x', unknown: 'x' }),
    ).toEqual({ base_url: 'https://a.example' });
  });

  it('is that a secret is set, where that is asked', () => {
    expect(
      maskedFields(genericRest, { base_url: 'https://a.example', auth_header: 'x', unknown: 'x' }),
    ).toEqual({
      base_url: 'https://a.example',
      auth_header: '***',
    });
  });

  it('is never a field whose name says token, secret, key or password, whatever its file says', () => {
    const fields = ['api_token', 'clientSecret', 'access_key_id', 'PASSWORD', 'site'].map((name) => ({
      name,
      label: '',
      help: '',
      secret: false,
    }));
    expect(fields.filter(({ name }) => !isSecretField({ fields }, name)).map(({ name }) => name)).toEqual([
      'site',
    ]);
  });
});

describe('a preview', () => {
  it('shows the request with the credential masked', () => {
    expect(
      sent(preview(twilio, webhook({ path: '/Messages.json', body: { To: '+1' } }), { account_sid })),
    ).toEqual({
      method: 'POST',
      url: `https://api.twilio.com/2010-04-01/Accounts/${account_sid}/Messages.json`,
      headers: {
        authorization: 'Basic ***',
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'Pawl',
        'idempotency-key': '<action run id>',
      },
      body: 'To=%2B1',
    });
    const mail = { to: 'a@example.com', from: 'b@example.com', subject: 'x', text: 'y' };
    expect(sent(preview(sendgrid, operation('sendgrid.send_mail', mail), {})).headers).toMatchObject({
      authorization: 'Bearer ***',
    });
  });

  it('shows an optional secret only where it is set', () => {
    const shown = (fields: JsonObject) => sent(preview(genericRest, webhook({ path: '/x' }), fields)).headers;
    expect(shown({ base_url: 'https://a.example' })).not.toHaveProperty('authorization');
    expect(shown({ base_url: 'https://a.example', auth_header: '***' })).toMatchObject({
      authorization: '***',
    });
  });

  it('shows no secret it was given by mistake', () => {
    const built = preview(genericRest, webhook({ path: '/x' }), {
      base_url: 'https://a.example',
      auth_header: 'Bearer oops',
    });
    expect(JSON.stringify(built)).not.toContain('oops');
  });

  it('gives the reason where there would be no request', () => {
    expect(preview(genericRest, webhook({ path: '/../x' }), { base_url: 'https://a.example' })).toMatchObject(
      { ok: false, code: 'path_invalid' },
    );
  });

  it('masks a key in the body, a webhook URL and a signature', () => {
    const shape = {
      title: '',
      docsUrl: '',
      operations: {},
      test: { unavailable: '' },
      limits: { concurrency: 1 },
    };
    const hook = defineProvider({
      ...shape,
      id: 'hook',
      fields: [
        { name: 'webhook_url', label: '', help: '', secret: true, masked: 'https://hooks.example.com/***' },
      ],
      credentials: z.strictObject({ webhook_url: z.url() }),
      origins: ({ webhook_url }) => [new URL(webhook_url).origin],
      request: (input, given) => ({
        method: 'POST',
        url: given.webhook_url,
        headers: {},
        body: JSON.stringify(input.body),
      }),
    });
    expect(sent(preview(hook, webhook({ body: 1 }), {}))).toMatchObject({
      url: 'https://hooks.example.com/***',
    });

    const pager = defineProvider({
      ...shape,
      id: 'pager',
      fields: [{ name: 'routing_key', label: '', help: '', secret: true }],
      credentials: z.strictObject({ routing_key: z.string() }),
      origins: () => ['https://events.example.com'],
      request: (_, given) => ({
        method: 'POST',
        url: 'https://events.example.com/',
        headers: { authorization: `AWS4-HMAC-SHA256 Credential=${given.routing_key}, Signature=0f` },
        body: JSON.stringify(given),
      }),
    });
    expect(sent(preview(pager, webhook(), {}))).toMatchObject({
      body: '{"routing_key":"***"}',
      headers: { authorization: 'AWS4-HMAC-SHA256 ***' },
    });
  });
});
