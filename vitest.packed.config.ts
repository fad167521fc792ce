// The package as a stranger gets it: packed, installed with npm into empty folders, and run there; the kit, beside itself and killed; and
// what else has databases of its own.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{packed,kit,database,audit,log,analysis}/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Databases that live for seconds: planning all statements ahead takes more of the processor than the tests.
    env: { PLAN_AHEAD: 'off' },
    pool: 'forks',
    isolate: false,
    maxWorkers: 1,
  },
})
