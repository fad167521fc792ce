// What tries very many cases: every list with every parameter, every route with every token, every statement's plan, races of many changes; and what others write and read:
// files of import and export, the command line on them, old browsers, proxies, and text of every kind. `npm test` would take longer than three minutes with these.
import { defineConfig } from 'vitest/config'
import { shared } from './vitest.config.ts'

export default defineConfig({
  test: {
    ...shared,
    include: ['test/{access,lists,plans,races,commands,outside,transfer}/**/*.test.ts'],
  },
})
