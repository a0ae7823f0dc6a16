import postgres from 'postgres';
import { expect, test } from 'vitest';
import { createDatabase } from './postgres.testkit.ts';

test('a copy has the migrated tables, shares no rows with another copy, and is gone after drop', async () => {
  const [one, two] = await Promise.all([createDatabase(), createDatabase()]);
  const sqlOne = postgres(one.url, { max: 1, onnotice: () => {} });
  const sqlTwo = postgres(two.url, { max: 1, onnotice: () => {} });
  try {
    const [tables] = await sqlOne`select to_regclass('jobs') is not null as migrated`;
    expect(tables).toEqual({ migrated: true });
    await sqlOne`create table mine as select 1 as one`;
    const [other] = await sqlTwo`select to_regclass('mine') is null as alone`;
    expect(other).toEqual({ alone: true });
  } finally {
    await Promise.all([sqlOne.end(), sqlTwo.end()]);
    await Promise.all([one.drop(), two.drop()]);
  }
  const late = postgres(one.url, { max: 1, onnotice: () => {} });
  await expect(late`select 1`).rejects.toMatchObject({ code: '3D000' });
  await late.end();
});
