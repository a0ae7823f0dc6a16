// The secret of a source on its way in: checked by its kind or made for it, then encrypted for this source alone.
import { randomBytes } from 'node:crypto';
import type { SealedSecret } from '../../db/statements/sources.ts';
import { isPawlError, PawlError, type Problem } from '../../engine/errors.ts';
import { getSourceKind } from '../../inbound/catalogue.ts';
import { type CheckedConfig, SECRET_RANDOM_BYTES, type SourceKind } from '../../inbound/source-kind.ts';
import { keyIdOf } from '../../vault/blob.ts';
import { bindingOfSource, sealable } from '../../vault/source-secrets.ts';
import type { ApiDeps } from '../deps.ts';

export interface PreparedSecret {
  sealed: SealedSecret;
  /** To be shown once; undefined for one that was given. */
  made: string | undefined;
}

/** @throws PawlError InvalidInput `invalid_source` with every problem of kind and config */
export function checkSource(
  kindId: string,
  config: unknown,
): { kind: SourceKind; config: CheckedConfig; stored: unknown } {
  const kind = getSourceKind(kindId);
  if (!kind) {
    throw invalidSource([
      { pointer: '/kind', code: 'unknown_source_kind', message: 'is none of the kinds', severity: 'error' },
    ]);
  }
  const parsed = kind.parseConfig(config);
  if (!parsed.ok) throw invalidSource(parsed.problems);
  return { kind, config: parsed.config, stored: parsed.config };
}

/** What a sender makes, it often shows only once it has the URL: until then the source has no secret, and takes nothing. */
const NONE_YET = '';

/**
 * Called before the transaction that stores what it gives; in that, `holdKey` comes first.
 * @param mayWait whether it may be given later, where the sender makes it
 * @throws PawlError InvalidInput `invalid_source`; no problem repeats the secret
 */
export async function prepareSecret(
  { encrypt }: Pick<ApiDeps, 'encrypt'>,
  of: { tenantId: string; sourceId: string },
  { kind, config }: { kind: SourceKind; config: CheckedConfig },
  given: string | undefined,
  { mayWait }: { mayWait: boolean },
): Promise<PreparedSecret> {
  const waits = given === undefined && kind.secret.madeBy === 'vendor';
  if (waits && !mayWait) {
    const message = `is required: ${kind.secret.help}`;
    throw invalidSource([{ pointer: '/secret', code: 'missing_field', message, severity: 'error' }]);
  }
  const made =
    given === undefined && !waits ? kind.makeSecret(config, randomBytes(SECRET_RANDOM_BYTES)) : undefined;
  const secret = given ?? made ?? NONE_YET;
  const problems = waits ? [] : kind.checkSecret(config, secret);
  if (problems.length > 0) throw invalidSource(problems);
  const blob = await encrypt(sealable(secret), bindingOfSource(of));
  return { sealed: { secret: blob, keyId: keyIdOf(blob) }, made };
}

/** Nobody signs with it in a way that could be checked, by whichever process. A master key that is missing is another's, perhaps. */
const LOST_FOR_GOOD = new Set(['credential_shredded', 'credential_unreadable', 'data_key_unreadable']);

/** The stored secret, which a sender may sign with; undefined where none was given yet, or it is lost for good. Not within a transaction. */
export async function openIfThere(
  { openSourceSecret }: Pick<ApiDeps, 'openSourceSecret'>,
  of: { tenantId: string; sourceId: string },
  blob: Buffer,
): Promise<string | undefined> {
  const secret = await openSourceSecret(blob, of).catch((error) => {
    if (isPawlError(error) && LOST_FOR_GOOD.has(error.code)) return NONE_YET;
    throw error;
  });
  return secret === NONE_YET ? undefined : secret;
}

function invalidSource(problems: readonly Problem[]): PawlError {
  return new PawlError('InvalidInput', 'invalid_source', 'The source cannot be saved like this.', {
    problems,
  });
}
