// Going to work for an organisation: the page begins anew, so that nothing of another one stays on the screen.
import { makeActive } from './door.ts';
import { session } from './session.ts';

export async function enterOrganisation(id: string, path = '/'): Promise<void> {
  session.choose(id);
  // This tab says so with each request; that the next one begins there too is worth no refusal.
  await makeActive(id).catch(() => {});
  window.location.assign(path);
}
