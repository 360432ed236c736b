import { defineConfig } from 'vitest/config';

const shared = {
  root: import.meta.dirname,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  pool: 'forks',
} as const;

/** What says in milliseconds or decibels how good the live media are: one file after the other, on a machine of its own. */
const measuring = ['sessions', 'generations', 'generations-speech', 'console', 'served-scripts'].map(
  (name) => `test/${name}.test.ts`,
);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'one by one',
          include: measuring,
          fileParallelism: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'two at a time',
          include: ['test/**/*.test.ts'],
          exclude: measuring,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
