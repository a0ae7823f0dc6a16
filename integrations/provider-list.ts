// Made from the files of integrations/providers/ by `npm run docs`; a test fails when it is not current.
import type { Provider } from './provider.ts';
import { genericRest } from './providers/generic_rest.ts';
import { sendgrid } from './providers/sendgrid.ts';
import { twilio } from './providers/twilio.ts';

/** In the order of their ids. */
export const providers: readonly Provider[] = [
  genericRest,
  sendgrid,
  twilio,
];
