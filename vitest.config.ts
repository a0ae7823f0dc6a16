import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'web/dist/**'],
    globalSetup: ['test/global-setup.ts'],
    // Two cores: Postgres and the worker processes under test want one of them.
    maxWorkers: 2,
    // Files share what they import, a sixth of the whole time otherwise; none of them changes what another one sees.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
