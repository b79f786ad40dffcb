import { defineConfig } from 'vitest/config'

// No test asserts a wall time (__tests__/unit/wall-time.test.ts), so the limits here are only there for what would never end: far above what
// anything takes, also where many other programs run.
const polling = { poll: { timeout: 600_000 } }
const measuring = '__tests__/e2e/load.test.ts'

// Unit tests wait more than they work, so that four at a time do two cores good; end-to-end tests boot a machine each, which takes a core.
// Those that measure run last, and alone.
export default defineConfig({
  test: {
    update: 'none', // a snapshot that is not there yet is a failure; `vitest -u` writes it
    projects: [
      {
        test: {
          name: 'unit',
          include: ['__tests__/unit/**/*.test.ts'],
          maxWorkers: 4,
          sequence: { groupOrder: 0 },
          testTimeout: 600_000,
          hookTimeout: 600_000,
          expect: polling,
          globalSetup: ['__tests__/temporary.ts', '__tests__/node24/setup.ts'],
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['__tests__/e2e/**/*.test.ts'],
          exclude: [measuring],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 1_800_000,
          hookTimeout: 3_600_000,
          expect: polling,
          globalSetup: ['__tests__/temporary.ts', '__tests__/node24/setup.ts', '__tests__/e2e/setup.ts'],
        },
      },
      {
        test: {
          name: 'measured',
          include: [measuring],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 1_800_000,
          hookTimeout: 3_600_000,
          globalSetup: ['__tests__/temporary.ts', '__tests__/node24/setup.ts'],
        },
      },
    ],
  },
})
