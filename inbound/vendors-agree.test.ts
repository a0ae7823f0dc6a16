// The vendors' own libraries sign and verify; ours must agree with them on bodies of all sorts.
import { LinearWebhookClient } from '@linear/sdk/webhooks';
import { sign as githubSign, verify as githubVerify } from '@octokit/webhooks-methods';
import { EventWebhook } from '@sendgrid/eventwebhook';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import twilio from 'twilio';
import { expect, test } from 'vitest';
import {
  headerOf,
  kindAndConfig,
  NOW,
  requestOf,
  type Sender,
  senders,
  URL_OF_SOURCE,
  unixSeconds,
  verified,
} from './inbound.testkit.ts';

const RUNS = { numRuns: 200 };
const now = unixSeconds(NOW);
const senderOf = (name: string): Sender => {
  const found = senders.find((sender) => sender.name === name);
  if (found === undefined) throw new Error(`there is no sender ${name}`);
  return found;
};
const text = fc.string({ unit: 'grapheme', minLength: 1 });
const json = fc.json();
// The form that `checkSecret` demands.
const secretText = fc.stringMatching(/^[!-~]{8,40}$/);

test('GitHub’s library signs what we let in, and verifies what we verify', async () => {
  const { kind, config } = kindAndConfig('github');
  await fc.assert(
    fc.asyncProperty(text, secretText, text, async (body, secret, other) => {
      const signature = await githubSign(secret, body);
      const request = (signed: string) => requestOf([['X-Hub-Signature-256', signature]], signed);
      expect(kind.verify(request(body), { config, secrets: [secret], now: NOW })).toEqual({ ok: true });
      const theirs = await githubVerify(secret, other, signature);
      expect(kind.verify(request(other), { config, secrets: [secret], now: NOW }).ok).toBe(theirs);
    }),
    RUNS,
  );
});

test('Stripe’s library signs what we let in, and verifies what we verify', () => {
  const { kind, config } = kindAndConfig('stripe');
  const stripe = new Stripe('sk_test_nobody');
  fc.assert(
    fc.property(json, secretText, json, fc.integer({ min: -400, max: 0 }), (body, secret, other, age) => {
      const timestamp = now + age;
      const header = stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
      for (const received of [body, other]) {
        const request = requestOf([['Stripe-Signature', header]], received);
        const theirs = doesNotThrow(() =>
          stripe.webhooks.constructEvent(received, header, secret, 300, undefined, NOW.getTime()),
        );
        expect(kind.verify(request, { config, secrets: [secret], now: NOW }).ok).toBe(theirs);
        if (received === body) expect(theirs).toBe(age >= -300);
      }
    }),
    RUNS,
  );
});

test('the Standard Webhooks library signs what we let in', () => {
  const sender = senderOf('standard_webhooks');
  const library = new Webhook(sender.secret.stored);
  fc.assert(
    fc.property(text, fc.uuid(), (body, id) => {
      const headers = [
        ['webhook-id', id],
        ['webhook-timestamp', String(now)],
        ['webhook-signature', library.sign(id, NOW, body)],
      ] as const;
      expect(verified(sender, requestOf(headers, body))).toEqual({ ok: true });
    }),
    RUNS,
  );
});

test('Twilio’s library signs the forms we let in, whatever their fields are called and hold', () => {
  const sender = senderOf('twilio');
  const { stored } = sender.secret;
  const field = fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(fc.array(field, { minLength: 1 }), (fields) => {
      const body = new URLSearchParams(fields).toString();
      const parsed = new URLSearchParams(body);
      const params = Object.fromEntries([...parsed.keys()].map((name) => [name, parsed.getAll(name)]));
      const signature = twilio.getExpectedTwilioSignature(stored, URL_OF_SOURCE, params);
      const headers = [
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['X-Twilio-Signature', signature],
      ] as const;
      expect(verified(sender, requestOf(headers, body))).toEqual({ ok: true });
      const tampered = `${body}&Extra=1`;
      const theirs = twilio.validateRequest(stored, signature, URL_OF_SOURCE, { ...params, Extra: '1' });
      if (!Object.hasOwn(params, 'Extra'))
        expect(verified(sender, requestOf(headers, tampered)).ok).toBe(theirs);
    }),
    RUNS,
  );
});

test('Twilio’s library verifies the JSON that we verify', () => {
  const sender = senderOf('twilio with JSON');
  fc.assert(
    fc.property(text, text, (body, other) => {
      const request = sender.send(body, now, sender.secret);
      for (const received of [body, other]) {
        const theirs = twilio.validateRequestWithBody(
          sender.secret.stored,
          headerOf(request, 'x-twilio-signature'),
          request.url,
          received,
        );
        expect(verified(sender, { ...request, body: Buffer.from(received) }).ok).toBe(theirs);
      }
    }),
    RUNS,
  );
});

test('SendGrid’s library verifies what we verify', () => {
  const sender = senderOf('sendgrid');
  const library = new EventWebhook();
  const key = library.convertPublicKeyToECDSA(sender.secret.stored);
  fc.assert(
    fc.property(text, text, (body, other) => {
      const request = sender.send(body, now, sender.secret);
      const signature = headerOf(request, sender.signature);
      for (const received of [body, other]) {
        const theirs = library.verifySignature(key, received, signature, String(now));
        expect(verified(sender, { ...request, body: Buffer.from(received) }).ok).toBe(theirs);
      }
    }),
    // Its arithmetic is in JavaScript and slow.
    { numRuns: 20 },
  );
});

test('Linear’s library verifies what we verify', () => {
  const sender = senderOf('linear');
  const library = new LinearWebhookClient(sender.secret.stored);
  // The library reads the clock itself.
  const today = new Date();
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(-3600, -30, 0, 3600), fc.boolean(), (data, age, whole) => {
      const body = JSON.stringify({ type: 'Issue', data, webhookTimestamp: today.getTime() + age * 1000 });
      const request = sender.send(body, 0, sender.secret);
      const received = Buffer.from(whole ? body : body.replace('Issue', 'issue'));
      const signature = headerOf(request, sender.signature);
      const theirs = doesNotThrow(() => {
        if (!library.verify(received, signature)) throw new Error('refused');
      });
      const ours = verified(sender, { ...request, body: received }, [sender.secret.stored], today).ok;
      expect(ours).toBe(theirs);
      expect(ours).toBe(whole && Math.abs(age) < 60);
    }),
    RUNS,
  );
});

function doesNotThrow(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
