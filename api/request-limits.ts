// How many requests an address, an account and a tenant may send, and how often somebody may try to sign in. Counted in
// memory: each API process allows this much, and starts from nothing.
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { PawlError } from '../engine/errors.ts';

export interface RequestLimits {
  /** @throws PawlError TooMany `rate_limited` */
  request(of: 'address' | 'account' | 'tenant', who: string): Promise<void>;
  /**
   * One try of a password.
   * @param address as `senderOf` writes it
   * @param account null where the session says whose it is; with the browser, if it has signed in with it before
   * @throws PawlError TooMany `rate_limited`
   */
  signIn(address: string, account: { email: string; device: string | null } | null): Promise<void>;
}

export interface RequestLimitOptions {
  /** Requests a minute; 0: no limit. */
  perAddress: number;
  perAccount: number;
  perTenant: number;
}

const MINUTE_S = 60;
/** A person who mistypes, or an office behind one address. */
const SIGN_INS_PER_ADDRESS = 30;
/**
 * Passwords tried on one account from one address, or in a browser that it has signed in with: whoever guesses there locks out nobody
 * but themself.
 */
const SIGN_INS_PER_ACCOUNT_AND_SENDER = 10;
/**
 * From wherever, in other browsers: few enough that guessing takes longer than anybody lives, too many for one address to use
 * up. Whoever has many addresses can; the browsers of its owner go on.
 */
const SIGN_INS_PER_ACCOUNT = 100;
const SIGN_INS_ACCOUNT_S = 15 * MINUTE_S;

export function createRequestLimits({
  perAddress,
  perAccount,
  perTenant,
}: RequestLimitOptions): RequestLimits {
  const requests = {
    address: limiter(perAddress, MINUTE_S),
    account: limiter(perAccount, MINUTE_S),
    tenant: limiter(perTenant, MINUTE_S),
  };
  const signInsOfAddress = limiter(SIGN_INS_PER_ADDRESS, MINUTE_S);
  const signInsOfBoth = limiter(SIGN_INS_PER_ACCOUNT_AND_SENDER, SIGN_INS_ACCOUNT_S);
  const signInsOfAccount = limiter(SIGN_INS_PER_ACCOUNT, SIGN_INS_ACCOUNT_S);
  return {
    request: (of, who) => take(requests[of], who),
    async signIn(address, of) {
      await take(signInsOfAddress, address);
      if (of === null) return;
      const account = of.email.toLowerCase();
      if (of.device !== null) return take(signInsOfBoth, `device ${of.device} ${account}`);
      // What is refused here is no try, and takes nothing from what the others have.
      await take(signInsOfBoth, `${address} ${account}`);
      await take(signInsOfAccount, account);
    },
  };
}

const limiter = (points: number, duration: number): RateLimiterMemory | null =>
  points === 0 ? null : new RateLimiterMemory({ points, duration });

async function take(from: RateLimiterMemory | null, who: string): Promise<void> {
  // Counting in memory fails in one way only: there is nothing left to take.
  await from?.consume(who).catch(({ msBeforeNext }: RateLimiterRes) => {
    const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
    throw new PawlError('TooMany', 'rate_limited', `Too many requests. Try again in ${seconds} s.`, {
      details: { retry_after_s: seconds },
    });
  });
}
