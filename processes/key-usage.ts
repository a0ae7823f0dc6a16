// What is under which key, over all tenants. As role `pawl_operator`.
import type { Database } from '../db/client.ts';
import { countDirect, countSecrets } from '../db/statements/stored-secrets.ts';
import { countByWrappingKey, countTenantKeys } from '../db/statements/tenant-keys.ts';
import { STORED_SECRETS } from './stored-secrets.ts';

export interface MasterKeyUse {
  keyId: string;
  dataKeys: number;
  /** Secrets directly under it, which rotation moves to data keys. */
  direct: number;
}

/** What is under each master key. */
export async function masterKeysInUse(db: Database): Promise<MasterKeyUse[]> {
  const uses = new Map<string, MasterKeyUse>();
  function useOf(keyId: string): MasterKeyUse {
    const use = uses.get(keyId) ?? { keyId, dataKeys: 0, direct: 0 };
    uses.set(keyId, use);
    return use;
  }
  for (const { wrappingKeyId, dataKeys } of await countByWrappingKey(db.sql)) {
    useOf(wrappingKeyId).dataKeys = dataKeys;
  }
  for (const secret of STORED_SECRETS) {
    for (const { keyId, secrets } of await countDirect(db.sql, secret, null)) useOf(keyId).direct += secrets;
  }
  return [...uses.values()].sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
}

/** Such as `2 data keys, 10 secrets directly`. */
export function describeUse({ dataKeys, direct }: Omit<MasterKeyUse, 'keyId'>): string {
  return direct === 0 ? `${dataKeys} data keys` : `${dataKeys} data keys, ${direct} secrets directly`;
}

export interface DataKeyUse {
  keys: number;
  tenants: number;
  /** Secrets under data keys, and how many of these under keys that were shredded. */
  secrets: number;
  unreadable: number;
}

export async function dataKeysInUse(db: Database): Promise<DataKeyUse> {
  const [counted] = await countTenantKeys(db.sql);
  const use = { keys: counted?.keys ?? 0, tenants: counted?.tenants ?? 0, secrets: 0, unreadable: 0 };
  for (const secret of STORED_SECRETS) {
    const [count] = await countSecrets(db.sql, secret, null);
    use.secrets += count?.secrets ?? 0;
    use.unreadable += count?.unreadable ?? 0;
  }
  return use;
}
