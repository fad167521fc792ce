// The Neo4j that the product starts has more carrier threads than indexes to sample at a time; another one is warned of.
import { expect, it } from 'vitest'
import { checkJava, PARALLELISM } from '../../src/startup/check-java.ts'
import { ownGraph } from '../support/own-graph.ts'

const own = ownGraph({ PLAN_AHEAD: 'off' })

it('is not warned of, and one with fewer is', async () => {
  const { graph } = own.parts
  const warned: [object, string][] = []
  const warn = (fields: object, message: string) => void warned.push([fields, message])
  await checkJava(graph, warn)
  expect(warned).toEqual([])
  await checkJava(graph, warn, 257)
  // Java before 24 does not tell.
  const [told] = await graph.read('test', PARALLELISM, {}, 10_000)
  const expected = [{ parallelism: 256 }, expect.stringContaining('parallelism=256')]
  expect(warned).toEqual(told === undefined ? [] : [expected])
})
