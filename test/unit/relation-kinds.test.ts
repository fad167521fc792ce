// Every entry of the table of relation kinds has its files under cypher/, its constraint and index, and its routes.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { loadQueries } from '../../src/graph/queries.ts'
import { readMigrations } from '../../src/graph/schema.ts'
import { fileOf } from '../../src/relations/changes.ts'
import { FOLLOWS, RELATION_KINDS, REQUESTS } from '../../src/relations/kinds.ts'
import { ROUTES } from '../../src/routes/table.ts'

const queries = loadQueries()
const schema = readMigrations().flatMap(({ statements }) => statements)
const purge = queries.get('users/purge').statement

it.each(RELATION_KINDS)('$plural', (kind) => {
  const { type, from, to, at, changes, logged, list, event } = kind
  const [make, end] = logged
  // A follow of a locked user makes a request, and an unfollow ends it.
  const [maker, ender] = kind === REQUESTS ? FOLLOWS.logged : logged
  const change = (name: string) => queries.get(`changes/${name}`).statement
  for (const name of changes) expect(queries.names('changes')).toContain(`changes/${fileOf(name)}`)

  expect(change(maker)).toMatch(
    new RegExp(`\\[:${type} \\{id: \\$id, ${from}: .*, ${to}: .*, ${at}: \\$now\\}\\]`),
  )
  expect(change(maker)).toContain(`['${make}', $viewer_id, $target_id, $id]`)
  expect(change(ender)).toContain(`:${type}]`)
  expect(change(ender)).toContain(`['${end}', $viewer_id, $target_id, `)
  expect(queries.get(`lists/${list}`).statement).toContain(`:${type}(${from}, id)`)

  const rule = (text: string) =>
    schema.filter((statement) => statement.includes(`:${type}]`) && statement.includes(text))
  const variable = schema.join('\n').match(new RegExp(`\\[(\\w+):${type}\\]`))?.[1]
  expect(rule(`(${variable}.${from}, ${variable}.${to}) IS UNIQUE`)).toHaveLength(1)
  expect(rule(`ON (${variable}.${from}, ${variable}.id)`)).toHaveLength(1)

  const ended = kind === FOLLOWS ? 'follow-deleted' : kind === REQUESTS ? 'request-deleted' : end
  expect(purge).toContain(`WHEN '${type}' THEN ['${ended}', coalesce(r.${from}, `)
  expect(readFileSync('cypher/users/purge.cypher', 'utf8')).toMatch(new RegExp(`// Logged: .*\\b${ended}\\b`))

  const route = (name: string) => ROUTES.find((one) => one.name === name)
  expect(route(maker)?.methods).toEqual(['POST', 'PUT'])
  expect(route(ender)?.methods).toEqual(['DELETE'])
  expect(route(ender)?.path).toBe(route(maker)?.path)
  expect(route(list)?.methods).toEqual(['GET'])

  expect(readFileSync('docs/events.md', 'utf8')).toContain(`\`${event.type}\``)
  expect(readFileSync('docs/model.md', 'utf8')).toContain(type)
  expect(readFileSync('docs/files.md', 'utf8')).toContain(`${from},${to}`)
})
