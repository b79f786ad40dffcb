import { defineConfig } from 'vitest/config'

// No test asserts a wall time (__tests__/unit/wall-time.test.ts), so the limits here are only there for what would never end: far above what
// anything takes, also where many other programs run.
const polling = { poll: { timeout: 600_000 } }

// Unit tests run side by side; end-to-end tests boot machines and run one at a time, so that a measurement means something.
export default defineConfig({
  test: {
    update: 'none', // a snapshot that is not there yet is a failure; `vitest -u` writes it
    projects: [
      {
        test: {
          name: 'unit',
          include: ['__tests__/unit/**/*.test.ts'],
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
          testTimeout: 1_800_000,
          hookTimeout: 3_600_000,
          expect: polling,
          fileParallelism: false,
          globalSetup: ['__tests__/temporary.ts', '__tests__/node24/setup.ts', '__tests__/e2e/setup.ts'],
        },
      },
    ],
  },
})
