// Whether this browser has a session is known to the server alone: scripts cannot read its cookie.
import { askForAccount } from './door.ts';
import { session } from './session.ts';

export async function lookForCookie(): Promise<void> {
  const account = await askForAccount().catch(() => null);
  session.hasCookie(account !== null);
}
