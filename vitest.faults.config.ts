// What is broken on purpose, and what the memory must never show, in the short form that CI runs; `npm run test:faults` runs the figures of docs/reliability.md.
import { defineConfig } from 'vitest/config'

const long = process.env.FAULTS === 'long'

export default defineConfig({
  test: {
    // `npm run test:wide` has the short form of the races.
    // Whether an answer came from memory can be told where one file at a time uses the database.
    include: ['test/{faults,memory}/**/*.test.ts', ...(long ? ['test/races/**/*.test.ts'] : [])],
    exclude: long ? [] : ['test/faults/long/**'],
    globalSetup: ['test/support/global.ts'],
    testTimeout: long ? 3_600_000 : 90_000,
    hookTimeout: 120_000,
    // Databases that live for seconds: planning all statements ahead takes more of the processor than the tests.
    env: { PLAN_AHEAD: 'off' },
    pool: 'forks',
    isolate: false,
    maxWorkers: 1,
  },
})
