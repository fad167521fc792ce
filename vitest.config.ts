// `npm test`: what needs only Node and Java, on the one Neo4j of the run; the files that start databases of their own take as long again
// and go with the packed ones, and what is broken on purpose with the faults.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/{clients,browser,redis,faults,memory,packed,kit,docs,database,audit,log,containers}/**'],
    globalSetup: ['test/support/global.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
  },
})
