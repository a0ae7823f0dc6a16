// Which browser an account has signed in with before. Strangers can use up the tries of a password that an account has; a browser
// that was let in once has tries of its own, which nobody else can use up. The protocol is OWASP's "Slow Down Online Guessing
// Attacks with Device Cookies" (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { parse } from 'hono/utils/cookie';

export interface DeviceCookie {
  /** @returns a name for the browser; null for one that this account has not signed in with, as far as it can prove */
  deviceOf(cookies: string | null, email: string): string | null;
  /** For the answer to whoever has just proven to be that account. */
  setCookie(email: string): string;
}

const NONCE_BYTES = 16;
/** Who has been away for longer is as unknown as on their first day. */
const LIFETIME_S = 365 * 24 * 3600;

export function createDeviceCookie({ secret, secure }: { secret: string; secure: boolean }): DeviceCookie {
  const name = secure ? '__Host-pawl.device' : 'pawl.device';
  const proofOf = (nonce: string, email: string) =>
    createHmac('sha256', secret).update(`pawl: device ${nonce} of ${email.toLowerCase()}`).digest();
  return {
    deviceOf(cookies, email) {
      const [nonce = '', given = ''] = (parse(cookies ?? '', name)[name] ?? '').split('.');
      const [theirs, ours] = [Buffer.from(given, 'base64url'), proofOf(nonce, email)];
      return theirs.length === ours.length && timingSafeEqual(theirs, ours) ? nonce : null;
    },
    setCookie(email) {
      const nonce = randomBytes(NONCE_BYTES).toString('base64url');
      const value = `${nonce}.${proofOf(nonce, email).toString('base64url')}`;
      const attributes = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${LIFETIME_S}${secure ? '; Secure' : ''}`;
      return `${name}=${value}; ${attributes}`;
    },
  };
}
