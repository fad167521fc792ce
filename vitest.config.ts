// `npm test`: what needs only Node and Java, on the one Neo4j of the run, in under three minutes on two cores. Files that start databases of
// their own go with the packed ones, what is broken on purpose with the faults, and what tries very many cases has a run of its own.
import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** What all runs on one Neo4j with two files at a time have in common. */
export const shared: ViteUserConfig['test'] = {
  globalSetup: ['test/support/global.ts'],
  testTimeout: 20_000,
  hookTimeout: 60_000,
  pool: 'forks',
  isolate: false,
  maxWorkers: 2,
}

export default defineConfig({
  test: {
    ...shared,
    include: ['test/{contract,events,unit,explorer}/**/*.test.ts'],
  },
})
