import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../db/client.ts';
import { setupApi, type TestApi } from './api.testkit.ts';
import { counter, publish, send, startJob } from './samples.testkit.ts';
import { createJobWatch } from './watch.ts';

let api: TestApi;
beforeAll(async () => {
  api = await setupApi();
  await publish(api.a.call, 'counter', counter);
  await publish(api.b.call, 'counter', counter);
});
afterAll(() => api.stop());

/** A database that counts how often it is looked at: a look is over, with all that it tells, when the next one begins. */
function observed(db: Database) {
  let begun = 0;
  let waiting: { at: number; resolve: () => void }[] = [];
  const together: Database['together'] = (tenantIds, statements) => {
    begun++;
    waiting = waiting.filter(({ at, resolve }) => begun < at || void resolve());
    return db.together(tenantIds, statements);
  };
  return {
    db: { ...db, together },
    get looks() {
      return begun;
    },
    /** Resolves when `more` looks that begin from now on are over. */
    further: (more: number) =>
      new Promise<void>((resolve) => waiting.push({ at: begun + more + 1, resolve })),
  };
}

test('one look a tick sees the jobs of all tenants, and tells only who watches what moved', async () => {
  const sight = observed(api.db);
  const watch = createJobWatch({ db: sight.db, intervalMs: 5 });
  const [moving, still, foreign] = [
    await startJob(api.a.call, 'counter'),
    await startJob(api.a.call, 'counter'),
    await startJob(api.b.call, 'counter'),
  ];
  const told = { moving: 0, still: 0, foreign: 0 };
  const endings = [
    watch.subscribe(api.a.tenant, moving, () => told.moving++),
    watch.subscribe(api.a.tenant, still, () => told.still++),
    watch.subscribe(api.b.tenant, foreign, () => told.foreign++),
  ];
  await sight.further(1);
  expect(told).toEqual({ moving: 1, still: 1, foreign: 1 });
  await send(api.a.call, moving, 'ADD');
  await sight.further(1);
  expect(told).toEqual({ moving: 2, still: 1, foreign: 1 });
  for (const end of endings) end();
  await watch.stop();
});

test('nobody looks while nobody watches', async () => {
  const sight = observed(api.db);
  const watch = createJobWatch({ db: sight.db, intervalMs: 1 });
  const id = await startJob(api.a.call, 'counter');
  const end = watch.subscribe(api.a.tenant, id, () => {});
  await sight.further(1);
  end();
  await watch.stop();
  const { looks } = sight;
  await send(api.a.call, id, 'ADD');
  expect(sight.looks).toBe(looks);
});

test('what moves in this process is told without a look', async () => {
  const watch = createJobWatch({ db: api.db, intervalMs: 3_600_000 });
  let told = 0;
  const jobId = await startJob(api.a.call, 'counter');
  const end = watch.subscribe(api.a.tenant, jobId, () => told++);
  watch.moved({ tenantId: api.a.tenant.id, jobId });
  watch.moved({ tenantId: api.b.tenant.id, jobId });
  expect(told).toBe(1);
  end();
  watch.moved({ tenantId: api.a.tenant.id, jobId });
  expect(told).toBe(1);
  await watch.stop();
});

test('a look that fails is followed by the next', async () => {
  let failures = 0;
  const watch = await new Promise<ReturnType<typeof createJobWatch>>((resolve) => {
    const broken: Database = {
      ...api.db,
      together: (tenantIds, statements) => {
        if (failures < 2) return Promise.reject(new Error('away'));
        return api.db.together(tenantIds, statements);
      },
    };
    const watching = createJobWatch({ db: broken, intervalMs: 1, onError: () => failures++ });
    void startJob(api.a.call, 'counter').then((id) =>
      watching.subscribe(api.a.tenant, id, () => resolve(watching)),
    );
  });
  expect(failures).toBe(2);
  await watch.stop();
});
