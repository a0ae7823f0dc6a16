import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'web/dist/**'],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/setup.ts'],
    // More than cores: much of a test is waiting for Postgres, a browser, or a process it started. Four use 5 GB at most.
    maxWorkers: 4,
    // Files share what they import, a sixth of the whole time otherwise; none of them changes what another one sees.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
