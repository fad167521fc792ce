// `npm run test:faults`: the same tests with the figures of docs/reliability.md, one file at a time, and those that are only long.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/support/global.ts'],
    env: { FAULTS: 'long' },
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
