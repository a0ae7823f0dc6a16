// Stands in for every provider at once: a receiver on this machine, and a sender that leads each vendor's host to it.
// Only tests have such a sender; what it wraps is the one production has.
import { LOOPBACK_POLICY } from '../egress/receiver.testkit.ts';
import { createSender, type Sender } from '../egress/sender.ts';
import { type Script, startWebhookReceiver, type WebhookReceiver } from '../worker/receiver.testkit.ts';

/** What is sent to `https://api.twilio.com/x` arrives at the path `/api.twilio.com/x`. */
export interface StandIn extends WebhookReceiver {
  /** For a worker. */
  sender: Sender;
}

/** @param otherwise what answers a path without a script of its own */
export async function startStandIn(otherwise?: Script): Promise<StandIn> {
  const receiver = await startWebhookReceiver(otherwise);
  const guarded = createSender({ policy: LOOPBACK_POLICY, userAgent: 'Pawl/test' });
  const here = (url: string) => {
    const { host, pathname, search } = new URL(url);
    return `${receiver.origin}/${host}${pathname}${search}`;
  };
  return {
    ...receiver,
    sender: {
      send: (request, options) => guarded.send({ ...request, url: here(request.url) }, options),
      close: guarded.close,
    },
    async close() {
      await guarded.close();
      await receiver.close();
    },
  };
}
