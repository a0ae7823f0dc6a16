// Whoever runs Pawl proves it by a token that only the log of the API shows: with it, the first account and organisation are
// made in a browser where everybody else takes an invitation.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The token, where it is sent. */
export const SETUP_HEADER = 'x-pawl-setup';

/** Follows from the secret that signs sessions, so that all processes know the same one and none has to keep it. */
export const setupTokenOf = (secret: string): string =>
  createHmac('sha256', secret).update('pawl: the first account').digest('base64url');

export function isSetupToken(given: string | null, secret: string): boolean {
  const [theirs, ours] = [given ?? '', setupTokenOf(secret)].map((text) => Buffer.from(text)) as [
    Buffer,
    Buffer,
  ];
  return theirs.length === ours.length && timingSafeEqual(theirs, ours);
}
