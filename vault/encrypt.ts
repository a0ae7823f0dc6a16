// Credentials in, blob out. This half of the vault is the only one the API may import.
import { PawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { type Binding, bindingParts } from './blob.ts';
import type { DataKeys } from './data-keys.ts';
import { seal } from './seal.ts';

/** The blob says which key it is under: `keyIdOf` (blob.ts). */
export type Encrypt = (plaintext: JsonObject, binding: Binding) => Promise<Buffer>;

/**
 * Encrypts under the newest data key of the binding's tenant, and makes the tenant's first one. Throws InvalidInput
 * `credential_binding_invalid` when a part of the binding is empty or the origin is not one (such a blob would be bound
 * to nothing), and what `DataKeys.current` throws.
 */
export function createEncrypter(keys: Pick<DataKeys, 'current'>): Encrypt {
  return async (plaintext, binding) => {
    checkBinding(binding);
    const key = await keys.current(binding.tenantId);
    return seal(Buffer.from(JSON.stringify(plaintext), 'utf8'), binding, key);
  };
}

function checkBinding(binding: Binding): void {
  const complete = bindingParts(binding).every((part) => part !== '');
  if (complete && (!('allowedOrigin' in binding) || isOrigin(binding.allowedOrigin))) return;
  throw new PawlError(
    'InvalidInput',
    'credential_binding_invalid',
    'A secret is bound to all of where it belongs, a credential to a URL origin too; a part of that is missing.',
  );
}

const isOrigin = (text: string): boolean => URL.parse(text)?.origin === text;
