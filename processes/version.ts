// Which Pawl this is, as package.json says.
import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;

/** How Pawl introduces itself to receivers. */
export const USER_AGENT = `Pawl/${VERSION}`;
