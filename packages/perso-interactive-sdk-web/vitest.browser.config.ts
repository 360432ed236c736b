import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ['src/**/*.browser.test.ts'],
    globalSetup: ['src/testing/build-script.ts'],
    // More than the SDK's own limits (30 s): its error says more than a test's.
    testTimeout: 45_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
