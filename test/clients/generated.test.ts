// Clients that are generated from /openapi.json, without a warning, and used against the running service.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'
import { fetched, run } from './tools.ts'

const service = await startTestService()
const folder = mkdtempSync(join(tmpdir(), 'follow-graph-generated-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const description = `${service.url}/openapi.json`

/** What either client prints after it followed these users, read its list by pages of two, an annotation, and nobody. */
const seen = (ids: string[]) => ({
  followed: ids,
  pages: [[...ids].reverse().slice(0, 2), [...ids].reverse().slice(2, 4), [...ids].reverse().slice(4)],
  ids: [...ids].reverse(),
  annotation: ['org.example.mood', { mood: ['good'] }],
  missing: [404, 'There is no such user.'],
})

const people = async () => {
  const [me, ...others] = await service.users(6)
  return { token: me!.token, ids: others.map(({ id }) => id) }
}

describe('openapi-python-client', () => {
  it('makes a client without a warning, and the client works', async () => {
    const made = await run(
      fetched('bin/openapi-python-client'),
      ['generate', '--url', description, '--output-path', join(folder, 'python'), '--fail-on-warning'],
      folder,
      { PATH: `${fetched('bin')}${delimiter}${process.env.PATH}`, NO_PROXY: '*' },
    )
    // One line, and none of what it would have left out.
    expect(made.output.trim()).toMatch(/^Generating \S+$/)
    expect(made.status).toBe(0)
    const { token, ids } = await people()
    const script = fileURLToPath(new URL('generated_client.py', import.meta.url))
    const used = await run(
      fetched('bin/python'),
      ['-W', 'error', script, `${service.url}/stream/0`, token, ...ids],
      folder,
      { PYTHONPATH: join(folder, 'python'), NO_PROXY: '*' },
    )
    expect(used.status, used.output).toBe(0)
    expect(JSON.parse(used.output)).toEqual(seen(ids))
  }, 180_000)
})

// In a place of its own: it is compiled against the types that are made here.
const TYPED = `import createClient from 'openapi-fetch'
import type { components, paths } from './schema.js'

const [root = '', token = '', ...ids] = process.argv.slice(2)
const client = createClient<paths>({ baseUrl: root, headers: { Authorization: \`Bearer \${token}\` } })
type User = components['schemas']['User']

const followed: User[] = []
for (const user_id of ids) {
  const { data, error } = await client.POST('/users/{user_id}/follow', { params: { path: { user_id } } })
  if (data === undefined) throw new Error(error.meta.error_slug)
  followed.push(data.data)
}

const pages: string[][] = []
for (let before: { before_id?: string } = {}; ; ) {
  const { data, error } = await client.GET('/users/{user_id}/following', { params: { path: { user_id: 'me' }, query: { count: 2, ...before } } })
  if (data === undefined) throw new Error(error.meta.error_message)
  pages.push(data.data.map((item) => item.id))
  if (!data.meta.more) break
  before = data.meta.min_id === undefined ? {} : { before_id: data.meta.min_id }
}
const every = await client.GET('/users/{user_id}/following/ids', { params: { path: { user_id: 'me' } } })

await client.PATCH('/users/me', { body: { annotations: [{ type: 'org.example.mood', value: { mood: ['good'] } }] } })
const me = await client.GET('/users/me', { params: { query: { include_annotations: 1 } } })
const annotation = me.data?.data.annotations?.[0]

const nobody = await client.GET('/users/{user_id}', { params: { path: { user_id: '@nobody_at_all' } } })
if (nobody.error === undefined) throw new Error('somebody is there')
const failure: components['schemas']['Failure404'] = nobody.error as components['schemas']['Failure404']
const slug: 'not-found' | 'not-requested' = failure.meta.error_slug
if (slug !== 'not-found') throw new Error(slug)

console.log(JSON.stringify({
  followed: followed.map(({ id }) => id),
  pages,
  ids: every.data?.data,
  annotation: [annotation?.type, annotation?.value],
  missing: [failure.meta.code, failure.meta.error_message],
}))
`

describe('openapi-typescript', () => {
  it('makes types without a warning, and a program that is compiled with them works', async () => {
    const place = join(folder, 'typescript')
    mkdirSync(place)
    symlinkSync(fetched('node/node_modules'), join(place, 'node_modules'))
    symlinkSync(fileURLToPath(new URL('../../node_modules/@types', import.meta.url)), join(place, 'types'))
    const made = await run(
      process.execPath,
      [fetched('node/node_modules/openapi-typescript/bin/cli.js'), description, '--output', 'schema.d.ts'],
      place,
    )
    expect(made.status, made.output).toBe(0)
    expect(made.output).not.toMatch(/warn|error|⚠|✘/i)
    writeFileSync(join(place, 'package.json'), '{"type": "module"}')
    writeFileSync(join(place, 'client.ts'), TYPED)
    const options = [
      '--strict',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--typeRoots',
      'types',
      '--types',
      'node',
    ]
    const compiled = await run(
      process.execPath,
      [
        fetched('node/node_modules/typescript/bin/tsc'),
        ...options,
        '--exactOptionalPropertyTypes',
        'client.ts',
      ],
      place,
    )
    expect([compiled.status, compiled.output]).toEqual([0, ''])
    const { token, ids } = await people()
    const used = await run(process.execPath, ['client.js', `${service.url}/stream/0`, token, ...ids], place)
    expect(used.status, used.output).toBe(0)
    expect(JSON.parse(used.output)).toEqual(seen(ids))
  }, 180_000)
})
