import { defineConfig } from 'vitest/config'

// Unit tests run side by side; end-to-end tests boot machines and run one at a time, so that a measurement means something.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['__tests__/unit/**/*.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 300_000,
          globalSetup: ['__tests__/temporary.ts', '__tests__/node24/setup.ts'],
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['__tests__/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          globalSetup: ['__tests__/temporary.ts', '__tests__/node24/setup.ts', '__tests__/e2e/setup.ts'],
        },
      },
    ],
  },
})
