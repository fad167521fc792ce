// The command `ask`: questions about users of the shared graph, in each format, and what it refuses.
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { TestUser } from '../../src/testing.ts'
import { program } from '../faults/built.ts'
import { endPrograms, runProgram } from '../support/program.ts'
import { startTestService } from '../support/service.ts'

const neo4j = inject('neo4j')
const service = await startTestService()
const [ann, bo, cy] = (await service.users(3)) as unknown as [TestUser, TestUser, TestUser]

beforeAll(async () => {
  program()
  await service.follow(cy, ann)
  await service.follow(cy, bo)
}, 60_000)
afterAll(endPrograms)

async function ask(...args: string[]) {
  const env = {
    NEO4J_URI: neo4j.uri,
    NEO4J_USERNAME: neo4j.username,
    NEO4J_PASSWORD: neo4j.password,
    NEO4J_DATABASE: neo4j.database,
  }
  const command = runProgram(['ask', ...args], env)
  const status = await command.exited
  return { status, printed: command.printed(), told: command.told().trim() }
}
const users = () => ['--user', `@${ann.username}`, '--other', bo.id]

it('prints JSON with ids as strings', async () => {
  const { status, printed } = await ask('common-followers', ...users(), '--format', 'json')
  expect(JSON.parse(printed)).toEqual([{ id: cy.id, username: cy.username }])
  expect(status).toBe(0)
  const chain = await ask('shortest-chain', '--user', cy.id, '--other', ann.id, '--format', 'json')
  expect(JSON.parse(chain.printed)).toEqual([{ steps: 1, chain: [cy.id, ann.id] }])
})

it('prints every column of a question whose subquery returns something, too', async () => {
  const { printed } = await ask('clustering', '--user', cy.id, '--format', 'json')
  expect(JSON.parse(printed)).toEqual([{ pairs: 1, linked: 0 }])
})

it('prints ids as strings whatever their column is called', async () => {
  const locked = await service.user({ locked: true })
  await service.follow(cy, locked)
  const { printed } = await ask('waiting-requests', '--format', 'json')
  const rows = JSON.parse(printed)
  expect(rows.length).toBeGreaterThan(0)
  for (const row of rows)
    expect(row).toEqual({
      requester: expect.stringMatching(/^\d+$/),
      requested: expect.stringMatching(/^\d+$/),
      since: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    })
})

it('says that there are no rows', async () => {
  const nobody = ['shortest-chain', '--user', ann.id, '--other', bo.id, '--format']
  expect(await ask(...nobody, 'csv')).toEqual({ status: 0, printed: 'steps,chain\n', told: 'No rows.' })
  expect(await ask(...nobody, 'json')).toEqual({ status: 0, printed: '[]\n', told: 'No rows.' })
})

it('prints CSV and tables', async () => {
  expect((await ask('common-followers', ...users(), '--format', 'csv')).printed).toBe(
    `id,username\n${cy.id},${cy.username}\n`,
  )
  expect((await ask('common-followers', ...users())).printed).toBe(
    `${'id'.padStart(cy.id.length)}  username\n${cy.id}  ${cy.username}\n`,
  )
})

it.each([
  ['an unknown question', ['who'], 2, 'There is no question who. There are acceptance-rate, attention, '],
  ['no question', [], 2, 'Name a question. There are acceptance-rate, attention, '],
  [
    'one user where two are needed',
    ['shortest-chain', '--user', '1'],
    2,
    'shortest-chain is about two users: name them with --user and --other (an id or @name).',
  ],
  [
    'no user where one is needed',
    ['reach'],
    2,
    'reach is about a user: name one with --user (an id or @name).',
  ],
  ['a user too many', ['reach', '--user', '1', '--other', '2'], 2, 'reach takes no --other.'],
  ['what names no user', ['reach', '--user', 'ann'], 2, 'A user is an id or a @name, not ann.'],
  [
    'a user who does not exist',
    ['reach', '--user', '@nobody_has_this'],
    1,
    'There is no user @nobody_has_this.',
  ],
  [
    'a time that is none',
    ['reciprocity', '--timeout', '0'],
    2,
    '--timeout must be a whole number of seconds',
  ],
])('refuses %s', async (_, args, status, sentence) => {
  const answer = await ask(...args)
  expect(answer.told).toContain(sentence)
  expect(answer).toMatchObject({ status, printed: '' })
})

it('lists its questions', async () => {
  const { printed } = await ask('--help')
  expect(printed).toMatch(/most-followed +The twenty users with the most followers\.\n/)
  expect(printed).toMatch(/common-followers .*\(--user\) \(--other\)\n/)
})
