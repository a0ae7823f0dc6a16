// `pawl keys`: which encryption keys are in use, and moving everything to the current one.
import { listKeys, listKeysInUse } from '../../db/statements/encryption-keys.ts';
import { checkKeyRing, openKeyRing } from '../../processes/key-ring.ts';
import { rotateKeys } from '../../processes/rotate-keys.ts';
import { type Command, readArgs, subcommandOf } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  summary: 'Show encryption keys, or re-encrypt everything under the current one',
  help: `
Usage: pawl keys status
       pawl keys rotate

status  One line a key: whether it is configured and encrypts, its fingerprint, how many connections are under it.
rotate  Re-encrypts every connection that is not under ENCRYPTION_KEY_ID, while everything runs. Safe to interrupt and
        to run again. Before it, give all processes the new key: ENCRYPTION_KEYS=old:…,new:… ENCRYPTION_KEY_ID=new`,
  async run(args) {
    const { name, rest } = subcommandOf(args, ['status', 'rotate']);
    readArgs(rest, {});
    return name === 'status' ? status() : rotate();
  },
};

function status(): Promise<number> {
  return asOperator(async (db, config) => {
    const keyRing = await openKeyRing(config);
    const known = new Map((await listKeys(db.sql)).map(({ keyId, fingerprint }) => [keyId, fingerprint]));
    const used = new Map((await listKeysInUse(db.sql)).map(({ keyId, connections }) => [keyId, connections]));
    let healthy = true;
    for (const keyId of new Set([...keyRing.keyIds, ...known.keys(), ...used.keys()])) {
      const configured = keyRing.keyIds.includes(keyId);
      const ours = configured ? keyRing.fingerprint(keyId) : undefined;
      const connections = used.get(keyId) ?? 0;
      const mismatch = ours !== undefined && known.has(keyId) && known.get(keyId) !== ours;
      const missing = !configured && connections > 0;
      if (mismatch || missing) healthy = false;
      const state = mismatch
        ? 'DIFFERS from the key this database knows'
        : missing
          ? 'MISSING from the configuration'
          : keyId === keyRing.currentKeyId
            ? 'encrypts'
            : connections > 0
              ? 'in use'
              : 'unused, may be retired';
      console.log(
        [
          keyId.padEnd(16),
          ours ?? known.get(keyId) ?? '',
          `${connections} connections`.padStart(18),
          state,
        ].join('  '),
      );
    }
    return healthy ? 0 : 1;
  });
}

function rotate(): Promise<number> {
  return asOperator(async (db, config) => {
    const keyRing = await openKeyRing(config);
    await checkKeyRing(db, keyRing);
    const { rekeyed, overtaken, failed } = await rotateKeys({
      db,
      keyRing,
      onProgress: (soFar) => console.log(`${soFar.rekeyed} re-encrypted under ${keyRing.currentKeyId}`),
    });
    if (overtaken > 0)
      console.log(`${overtaken} were changed by somebody else meanwhile and looked at again`);
    for (const { tenantId, connectionId, code } of failed) {
      console.error(
        `connection ${connectionId} of tenant ${tenantId} cannot be opened (${code}); left as it was`,
      );
    }
    const used = new Set((await listKeysInUse(db.sql)).map(({ keyId }) => keyId));
    const unused = keyRing.keyIds.filter((keyId) => keyId !== keyRing.currentKeyId && !used.has(keyId));
    const left = [...used].filter((keyId) => keyId !== keyRing.currentKeyId);
    console.log(
      rekeyed === 0 && left.length === 0 ? 'Everything was under the current key already.' : 'Done.',
    );
    if (unused.length > 0)
      console.log(`No longer used, may be taken out of ENCRYPTION_KEYS: ${unused.join(', ')}`);
    if (left.length > 0) console.error(`Still in use, must stay: ${left.join(', ')}`);
    return left.length > 0 ? 1 : 0;
  });
}
