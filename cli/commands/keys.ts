// `pawl keys`: what wraps and encrypts, and replacing it while everything runs.
import type { Database } from '../../db/client.ts';
import { findTenant } from '../../db/operator.ts';
import { deleteKey, listKeys } from '../../db/statements/encryption-keys.ts';
import { PawlError } from '../../engine/errors.ts';
import { dataKeysInUse, describeUse, masterKeysInUse } from '../../processes/key-usage.ts';
import {
  checkMasterKeys,
  isConfigured,
  type OpenedKeys,
  openMasterKeys,
} from '../../processes/master-keys.ts';
import { type Rotation, rotateDataKeys, rotateMasterKey } from '../../processes/rotate-keys.ts';
import { type Command, readArgs, subcommandOf, UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  help: `
Usage: pawl keys status
       pawl keys rotate [--data [--tenant <slug>]]
       pawl keys retire <key id>

status  One line for each master key: its fingerprint, what is under it, and its state. Then the data keys.
rotate  Wraps the data key of every tenant under the current master key, and moves what is directly under a master key to
        data keys. First give all processes the new key: ENCRYPTION_KEYS=old:…,new:… ENCRYPTION_KEY_ID=new
        --data    gives every tenant (or the one) a new data key and re-encrypts its secrets.
        Both may be interrupted: run again, they go on where they were.
retire  Forgets a master key. It refuses while something is under the key, or the key wraps.`,
  async run(args) {
    const { name, rest } = subcommandOf(args, ['status', 'rotate', 'retire']);
    if (name === 'rotate') return rotate(rest);
    if (name === 'retire') return retire(readArgs(rest, {}, ['key id']).positionals['key id']);
    readArgs(rest, {});
    return withKeys(status);
  },
};

/** As operator, with the configured master keys. */
function withKeys(run: (db: Database, opened: OpenedKeys) => Promise<number>): Promise<number> {
  return asOperator(async (db, config) => {
    const opened = await openMasterKeys(config);
    try {
      return await run(db, opened);
    } finally {
      await opened.close();
    }
  });
}

async function status(db: Database, opened: OpenedKeys): Promise<number> {
  const { master, ring } = opened;
  const known = new Map((await listKeys(db.sql)).map(({ keyId, fingerprint }) => [keyId, fingerprint]));
  const used = new Map((await masterKeysInUse(db)).map((use) => [use.keyId, use]));
  const current = await master.currentKeyId();
  const held = new Set(ring?.keyIds);
  let healthy = true;
  for (const keyId of new Set([...held, current, ...known.keys(), ...used.keys()])) {
    const ours = held.has(keyId) ? ring?.fingerprint(keyId) : undefined;
    const use = used.get(keyId) ?? { dataKeys: 0, direct: 0 };
    const inUse = use.dataKeys + use.direct > 0;
    const mismatch = ours !== undefined && known.has(keyId) && known.get(keyId) !== ours;
    const there = isConfigured(opened, keyId);
    if (mismatch || (!there && inUse)) healthy = false;
    const state = mismatch
      ? 'DIFFERS from the key this database knows'
      : !there && inUse
        ? 'MISSING from the configuration'
        : keyId === current
          ? 'wraps'
          : inUse
            ? 'in use'
            : `unused${known.has(keyId) ? ', may be retired' : ''}`;
    console.log([keyId.padEnd(16), ours ?? known.get(keyId) ?? '-', describeUse(use), state].join('  '));
  }
  const { keys, tenants, secrets, unreadable } = await dataKeysInUse(db);
  console.log(`${keys} data keys of ${tenants} tenants encrypt ${secrets - unreadable} secrets`);
  if (unreadable > 0)
    console.log(`${unreadable} secrets are unreadable, as the keys of their tenants were shredded`);
  return healthy ? 0 : 1;
}

async function rotate(args: string[]): Promise<number> {
  const { values } = readArgs(args, { data: { type: 'boolean' }, tenant: { type: 'string' } });
  const { data = false, tenant: slug } = values;
  if (slug !== undefined && !data) throw new UsageError('--tenant goes with --data.');
  return withKeys(async (db, opened) => {
    await checkMasterKeys(db, opened);
    const tenantId = slug === undefined ? null : (await findTenant(db, slug)).id;
    const options = { db, opened, onProgress: (soFar: Rotation) => console.log(progressLine(soFar)) };
    const rotation = data ? await rotateDataKeys(options, tenantId) : await rotateMasterKey(options);
    return data ? toldOfData(rotation) : toldOfMaster(db, opened, rotation);
  });
}

const progressLine = ({ made, rewrapped, moved, dropped }: Rotation): string =>
  [
    ...(made > 0 ? [`${made} data keys made`] : []),
    ...(rewrapped > 0 ? [`${rewrapped} data keys wrapped anew`] : []),
    `${moved} secrets re-encrypted`,
    ...(dropped > 0 ? [`${dropped} old data keys deleted`] : []),
  ].join(', ');

function tellTroubles({ overtaken, failed }: Rotation): void {
  if (overtaken > 0) console.log(`${overtaken} were changed by somebody else meanwhile and looked at again`);
  for (const { kind, tenantId, id, code } of failed) {
    console.error(`${kind} ${id} of tenant ${tenantId} cannot be opened (${code}); left as it was`);
  }
}

function toldOfData(rotation: Rotation): number {
  tellTroubles(rotation);
  console.log('Done.');
  return rotation.failed.length > 0 ? 1 : 0;
}

async function toldOfMaster(db: Database, { master, ring }: OpenedKeys, rotation: Rotation): Promise<number> {
  tellTroubles(rotation);
  const current = await master.currentKeyId();
  const used = (await masterKeysInUse(db)).map(({ keyId }) => keyId);
  const left = used.filter((keyId) => keyId !== current);
  const unused = (ring?.keyIds ?? []).filter((keyId) => keyId !== current && !used.includes(keyId));
  const idle = rotation.moved + rotation.rewrapped === 0 && left.length === 0;
  console.log(idle ? 'Everything was under the current key already.' : 'Done.');
  if (unused.length > 0) console.log(`No longer used, may be retired: ${unused.join(', ')}`);
  if (left.length > 0) console.error(`Still in use, must stay: ${left.join(', ')}`);
  return left.length > 0 ? 1 : 0;
}

function retire(keyId: string): Promise<number> {
  return withKeys(async (db, opened) => {
    await refuseUsed(db, opened, keyId);
    const known = (await deleteKey(db.sql, keyId)).length > 0;
    console.log(known ? `The key ${keyId} is retired.` : `The key ${keyId} was not known.`);
    if (opened.ring?.keyIds.includes(keyId))
      console.log('Take it out of the configuration of every process now.');
    return 0;
  });
}

/** Says what to do first: rotating moves what is under a key to the one that wraps, and needs both of them. */
async function refuseUsed(db: Database, opened: OpenedKeys, keyId: string): Promise<void> {
  const use = (await masterKeysInUse(db)).find((one) => one.keyId === keyId);
  const under = use ? `${describeUse(use)} are under the key ${keyId}` : '';
  if (keyId === (await opened.master.currentKeyId())) {
    const wraps = under === '' ? `The key ${keyId} is the one that wraps.` : `${under}, which still wraps.`;
    throw keyInUse(
      `${wraps} Give every process another key that wraps (ENCRYPTION_KEYS and ENCRYPTION_KEY_ID, or ENCRYPTION_KMS_KEY), and run \`pawl keys rotate\`.`,
    );
  }
  if (!use) return;
  if (!isConfigured(opened, keyId))
    throw keyInUse(
      `${under}, which is not in the configuration. Add it to ENCRYPTION_KEYS beside the one that wraps, and run \`pawl keys rotate\`. If it is lost for good, see "Losing keys" in docs/operating.md.`,
    );
  throw keyInUse(`${under}. Run \`pawl keys rotate\` first.`);
}

const keyInUse = (message: string): PawlError => new PawlError('Conflict', 'key_in_use', message);
