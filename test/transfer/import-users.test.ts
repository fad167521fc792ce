// What an import makes of users who have no username.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import { ownGraph } from '../support/own-graph.ts'

// Whole imports, each a connection of its own: longer than a request where the machine has other work.
vi.setConfig({ testTimeout: 60_000 })
const graph = ownGraph({ PLAN_AHEAD: 'off' })
const folder = mkdtempSync(join(tmpdir(), 'import-users-'))
afterAll(() => rmSync(folder, { recursive: true }))
let told = ''
beforeEach(async () => {
  await graph.kit.reset()
  told = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
    told += line
    return true
  })
})

type Command = Parameters<typeof importFiles>[1]
const take = async (lines: string[], more: Partial<Command> = {}) => {
  told = ''
  const users = join(folder, 'users.csv')
  writeFileSync(users, `${lines.join('\n')}\n`)
  expect(await importFiles(readConfig(graph.settings()), { data: 'unused', users, ...more })).toBe(0)
  return told
}
const stored = () =>
  graph.cypher(
    'MATCH (u:User) RETURN toString(u.id), u.username, u.name, u.locale, toString(u.created_at) ORDER BY u.id',
  )

it('a default username stays with its user, however often --replace comes', async () => {
  await take(['id,name', '7,Ada', '8,Bo'])
  for (let n = 0; n < 2; n += 1) {
    expect(await take(['id,name', '7,Ada', '8,Bo'], { replace: true })).toBe('')
    expect((await stored()).map(([id, username]) => [id, username])).toEqual([
      ['7', 'u7'],
      ['8', 'u8'],
    ])
  }
})
