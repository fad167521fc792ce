// The suites that need more than Node and Java: other people's clients, a browser, Redis (`test/clients/install.sh` fetches them);
// and the shell blocks of the documentation, which take their time.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{clients,browser,redis,docs}/**/*.test.ts'],
    globalSetup: ['test/support/global.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    isolate: false,
    maxWorkers: 1,
  },
})
