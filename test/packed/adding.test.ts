// docs/adding.md is true: its example of a list and its examples of fields, added to a copy of the tree as the page says, work everywhere.
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { FollowGraph, TestUserFields } from '../../src/testing.ts'
import { pageOf } from '../docs/pages.ts'
import type { Answered } from '../support/service.ts'
import { run } from './stranger.ts'

const tree = mkdtempSync(join(tmpdir(), 'follow-graph-adding-'))
const at = (path: string) => join(tree, path)

/** The code block of the page in which this text stands. */
function example(text: string): string {
  const found = pageOf('docs/adding.md').blocks.filter((block) => block.text.includes(text))
  expect(found.map((block) => block.text)).toHaveLength(1)
  return `${found[0]?.text}\n`
}

/** Puts lines into a file of the copy, before the line that begins like this. */
function insert(path: string, before: string, lines: string): void {
  const text = readFileSync(at(path), 'utf8')
  const place = text.indexOf(`\n${before}`) + 1
  expect(place).toBeGreaterThan(0)
  writeFileSync(at(path), text.slice(0, place) + lines + text.slice(place))
}

let graph: FollowGraph
beforeAll(async () => {
  for (const name of ['src', 'cypher', 'package.json', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(name, at(name), { recursive: true })
  symlinkSync(resolve('node_modules'), at('node_modules'))
  writeFileSync(at('cypher/lists/following-bots.cypher'), example('// Bots that'))
  insert('src/routes/table.ts', "  get('mutuals'", example("get('following-bots'"))
  insert('src/users/profile-fields.ts', '} as const satisfies', example('website:'))
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], tree)
  const { startFollowGraph } = await import(pathToFileURL(at('dist/testing.js')).href)
  graph = await startFollowGraph({ settings: { PLAN_AHEAD: 'off' } })
}, 120_000)
afterAll(async () => {
  await graph?.stop()
  rmSync(tree, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
})

async function call(
  method: string,
  path: string,
  token?: string,
  json?: unknown,
): Promise<Pick<Answered, 'status' | 'body'>> {
  const headers = {
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
  }
  const answer = await fetch(`${graph.url}/stream/0${path}`, {
    method,
    headers,
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  return { status: answer.status, body: await answer.json() }
}

/** `follow-graph import` or `export` of the copy on a file of users; resolves with what it said on stderr. */
async function command(name: 'import' | 'export', users: string): Promise<string> {
  const { readConfig } = await import(pathToFileURL(at('dist/config.js')).href)
  const commands = await import(pathToFileURL(at(`dist/commands/${name}.js`)).href)
  const { uri, username, password } = graph.neo4j
  const config = readConfig({ NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password })
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    expect(await commands[`${name}Files`](config, { data: 'unused', users: at(users) })).toBe(0)
    return stderr.mock.calls.join('')
  } finally {
    stdout.mockRestore()
    stderr.mockRestore()
  }
}

describe('a list of one Cypher file and one line', () => {
  it('has pages', async () => {
    const owner = await graph.createUser()
    const bots = []
    for (const type of ['bot', 'human', 'bot', 'bot'] as const) {
      const user = await graph.createUser({ type })
      await graph.follow(owner, user)
      if (type === 'bot') bots.unshift(user.id)
    }
    const token = await graph.tokenFor(owner)
    const page = async (query: string) => {
      const { status, body } = await call('GET', `/users/me/following/bots${query}`, token)
      expect(status).toBe(200)
      return {
        ids: body.data.map((user: { id: string }) => user.id),
        more: body.meta.more,
        next: body.meta.min_id,
        first: body.data[0],
      }
    }
    const first = await page('?count=2')
    expect([first.ids, first.more]).toEqual([bots.slice(0, 2), true])
    expect(first.first).toMatchObject({ type: 'bot', you_follow: true, followed_at: expect.any(String) })
    const second = await page(`?count=2&before_id=${first.next}`)
    expect([second.ids, second.more]).toEqual([bots.slice(2), false])
    const back = await page(`?count=-1&since_id=${second.next}`)
    expect([back.ids, back.more]).toEqual([bots.slice(1, 2), true])
    expect((await call('GET', `/users/${owner.id}/following/bots`)).status).toBe(401)
    const newest = await graph.createUser({ type: 'bot', name: 'Zoe' })
    await graph.follow(owner, newest)
    expect((await page('?q=zo')).ids).toEqual([newest.id])
    expect((await page('?q=nobody')).ids).toEqual([])
  })
})

describe('a field of one entry', () => {
  const SENT = {
    website: 'https://ada.example/',
    pronouns: 'they, them',
    birth_year: 1985,
    is_official: true,
  }

  it('is written by whom the entry says, and shown', async () => {
    const { id } = await graph.createUser({ username: 'ada' })
    const app = await graph.appToken()
    const me = await graph.tokenFor(id)
    expect((await call('GET', `/users/${id}`, me)).body.data).toMatchObject({ is_official: false })
    const written = await call('PATCH', '/users/me', me, SENT)
    expect(written.body.data).toMatchObject({ ...SENT, is_official: false })
    expect((await call('PATCH', `/users/${id}`, app, SENT)).body.data).toMatchObject(SENT)
    const put = { name: 'Ada', locale: 'en', timezone: 'UTC', description: { text: '' }, pronouns: 'she' }
    const replaced = await call('PUT', '/users/me', me, { ...put, birth_year: 2000 })
    expect(replaced.body.data).toMatchObject({ ...SENT, pronouns: 'she' })
    expect((await call('PATCH', '/users/me', me, { website: '' })).body.data).not.toHaveProperty('website')
  })

  it.each([
    [{ website: 'javascript:x' }, 'website'],
    [{ pronouns: 'x'.repeat(41) }, 'pronouns'],
    [{ birth_year: 1899 }, 'birth_year'],
    [{ birth_year: '1985' }, 'birth_year'],
    [{ is_official: 1 }, 'is_official'],
  ])('refuses %j', async (body, field) => {
    const { id } = await graph.createUser()
    const answer = await call('PATCH', `/users/${id}`, await graph.appToken(), body)
    expect([answer.status, answer.body.meta.error_message]).toEqual([
      400,
      expect.stringContaining(`the field ${field} `),
    ])
    await expect(graph.createUser(body as TestUserFields)).rejects.toThrow(`the field ${field} `)
  })

  it('is exported and imported, as CSV and as JSON lines', async () => {
    const { id } = await graph.createUser({ username: 'eve', ...SENT } as TestUserFields)
    const app = await graph.appToken()
    const shown = async () => (await call('GET', `/users/${id}`, app)).body.data
    for (const file of ['users.csv', 'users.jsonl']) {
      await command('export', file)
      await call('PUT', `/users/${id}`, app, { username: 'eve' })
      expect(await shown()).toMatchObject({ is_official: false })
      expect(await shown()).not.toHaveProperty('website')
      const bad = {
        id: '1',
        website: 'ftp://x',
        pronouns: 'x'.repeat(41),
        birth_year: 1800,
        is_official: 'perhaps',
      }
      if (file === 'users.jsonl') appendFileSync(at(file), `${JSON.stringify(bad)}\n`)
      const said = await command('import', file)
      if (file === 'users.jsonl') for (const name of Object.keys(SENT)) expect(said).toContain(`${name} is `)
      expect(await shown()).toMatchObject(SENT)
    }
  })

  it('has a column for the bulk loader, with its type', async () => {
    const { USER_COLUMNS } = await import(pathToFileURL(at('dist/transfer/import/bulk-lines.js')).href)
    const columns = USER_COLUMNS.map((column: { name: string; type: string }) => column.name + column.type)
    expect(columns).toEqual(
      expect.arrayContaining(['website', 'pronouns', 'birth_year:long', 'is_official:boolean']),
    )
  })
})

it('both stand in /openapi.json', async () => {
  const document: Answered['body'] = await (await fetch(`${graph.url}/openapi.json`)).json()
  const { paths, components } = document
  expect(paths['/users/{user_id}/following/bots'].get.responses['200']).toBeDefined()
  const { properties, required } = components.schemas.User
  expect(properties).toMatchObject({
    website: { type: 'string' },
    pronouns: { type: 'string' },
    birth_year: { type: 'integer' },
    is_official: { type: 'boolean' },
  })
  expect(required).toContain('is_official')
  expect(required).not.toContain('website')
  const body = (path: string, method: string) =>
    paths[path][method].requestBody.content['application/json'].schema.properties
  expect(body('/users/me', 'patch')).toMatchObject({ birth_year: { type: 'integer', minimum: 1900 } })
  expect(body('/users/me', 'put')).not.toHaveProperty('birth_year')
  expect(body('/users/me', 'patch')).not.toHaveProperty('is_official')
  expect(body('/users/{user_id}', 'put')).toHaveProperty('is_official')
})
