// `npm test`: everything that needs only Node and Java.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/{clients,browser,redis,faults,packed,kit,docs}/**'],
    globalSetup: ['test/support/global.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
