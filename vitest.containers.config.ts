// What runs in containers, on a real Docker engine: `npm run test:containers` starts one and runs this beside it (test/containers/engine.sh).
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/containers/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // One engine for all, on two cores.
    maxWorkers: 1,
    fileParallelism: false,
  },
})
