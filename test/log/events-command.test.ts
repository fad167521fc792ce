// `follow-graph events --follow` beside a log that is put back to an older state.
import { afterAll, expect, it } from 'vitest'
import { ownGraph } from '../support/own-graph.ts'
import { endPrograms, runProgram } from '../support/program.ts'

const graph = ownGraph({ PLAN_AHEAD: 'off' })
const { cypher } = graph
afterAll(endPrograms)
const poll = { timeout: 60_000, interval: 500 }

it('goes on at the new end, and says so once', async () => {
  const ids: string[] = []
  const create = async () => void ids.push((await graph.kit.createUser()).id)
  await create()
  const [older] = await cypher("MATCH (s:Sequence {name: 'relations'}) RETURN s.value, s.ordinal, s.events")
  const [value, ordinal, events] = older as bigint[]
  const command = runProgram(['events', '--follow', '--types', 'user'], graph.settings())
  const printed = () =>
    command
      .printed()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).data.id as string)
  await expect
    .poll(async () => {
      if (printed().length === 0) await create()
      return printed().length
    }, poll)
    .toBeGreaterThan(0)

  const back = { value, ordinal, events }
  await cypher(
    `MATCH (s:Sequence {name: 'relations'}) SET s.lock = true, s.value = $value, s.ordinal = $ordinal, s.events = $events
    WITH s MATCH (l:Log) WHERE l.ordinal > $ordinal DELETE l`,
    back,
  )
  await expect.poll(command.told, poll).toContain('was put back to an older state')
  const before = printed().length
  await create()
  await expect.poll(printed, poll).toContain(ids.at(-1))
  expect(printed()).toHaveLength(before + 1)
  expect(command.told().trim().split('\n')).toHaveLength(1)
  command.child.kill('SIGINT')
  await command.exited
})
