import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    // reset() empties the database that all files share: one file at a time.
    fileParallelism: false,
    hookTimeout: 60_000,
    // The database plans a query when it first meets it, which a busy machine takes seconds for.
    testTimeout: 20_000,
  },
})
