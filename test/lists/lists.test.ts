// Every route that answers a page, by the rules of docs/api.md: the route table names the lists, fixtures.ts says who is in them.
import { describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { startTestService } from '../support/service.ts'
import { FIXTURES } from './fixtures.ts'
import { oneList } from './one-list.ts'
import { pagingTests } from './paging.ts'
import { readerTests } from './readers.ts'

const service = await startTestService()
const PAGES = ROUTES.filter(({ answers }) => answers === 'Page')

it('has a fixture for every list of the route table', () => {
  expect(Object.keys(FIXTURES).sort()).toEqual(PAGES.map(({ name }) => name).sort())
})

describe.each(PAGES)('GET $path', (route) => {
  const list = oneList(service, route)
  pagingTests(list)
  readerTests(list)
})
