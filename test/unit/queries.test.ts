// The loader of cypher/: every broken file is refused at start, with file and line.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  ascending,
  CYPHER_FOLDER,
  loadQueries,
  parseQuery,
  perRow,
  withoutReturn,
} from '../../src/graph/queries.ts'

const LIST = `// Users of a list.
MATCH (user)-[f:FOLLOWS]->()
WHERE f.followee_id = $user_id AND f.id < $before AND f.id > $since
WITH user, f ORDER BY f.followee_id DESC, f.id DESC LIMIT $limit
RETURN user, f.follower_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at`

describe('loadQueries', () => {
  it('reads every file of the package', () => {
    const queries = loadQueries()
    expect(queries.names('lists')).toEqual(
      expect.arrayContaining(['lists/followers', 'lists/following', 'lists/muted', 'lists/blocked']),
    )
    for (const name of queries.names()) {
      const query = queries.get(name)
      expect(query.about).toMatch(/\S/)
      expect(query.statement).not.toMatch(/^\s*\/\/|;\s*$/m)
    }
  })

  it('names the file that does not exist', () => {
    expect(() => loadQueries().get('lists/nobody')).toThrow('cypher/lists/nobody.cypher does not exist')
  })

  it('refuses a folder with one broken file, naming file and line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'follow-graph-queries-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    mkdirSync(join(folder, 'users'))
    writeFileSync(join(folder, 'users', 'good.cypher'), '// Good.\nRETURN 1 AS one')
    expect(loadQueries(`${folder}/`).names()).toEqual(['users/good'])
    writeFileSync(
      join(folder, 'users', 'wrong.cypher'),
      '// Wrong.\nMATCH (u:User)\nWHERE u.id = $id\nRETURN u.id AS id',
    )
    expect(() => loadQueries(`${folder}/`)).toThrow(/^cypher\/users\/wrong\.cypher:3: \$id is not declared/)
  })
})

describe('parseQuery', () => {
  it.each([
    [
      'no header comment',
      'users/a',
      'RETURN 1 AS one',
      'cypher/users/a.cypher:1: the first line must be a comment',
    ],
    ['an empty header comment', 'users/a', '//\nRETURN 1 AS one', 'cypher/users/a.cypher:1:'],
    [
      'nothing but comments',
      'users/a',
      '// Nothing.\n// Really.',
      'cypher/users/a.cypher:2: there is no statement',
    ],
    [
      'a parameter that is not declared',
      'tokens/a',
      '// A.\n// Takes $hash\nMATCH (t:Token {hash: $hash})\nSET t.kind = $kind\nRETURN 1 AS one',
      'cypher/tokens/a.cypher:4: $kind is not declared',
    ],
    [
      'a parameter that is not used',
      'tokens/a',
      '// A.\n// Takes $hash, $kind\nMATCH (t:Token {hash: $hash}) RETURN t.kind AS kind',
      'cypher/tokens/a.cypher:1: $kind is declared but not used',
    ],
    [
      'a list with a parameter that lists have not',
      'lists/a',
      LIST.replace('$since', '$after'),
      'cypher/lists/a.cypher:3: $after is not declared',
    ],
    [
      'a list without pagination_id',
      'lists/a',
      LIST.replace(', f.id AS pagination_id', ''),
      'cypher/lists/a.cypher:5: a list returns user, user_id, pagination_id, made_at',
    ],
    [
      'a change that returns something else',
      'changes/a',
      '// A.\nMATCH (u:User {id: $viewer_id})\nRETURN u.id AS id',
      'cypher/changes/a.cypher:3: a change returns verdict, viewer, target',
    ],
    [
      'a change with a parameter that changes have not',
      'changes/a',
      "// A.\nMATCH (u:User {id: $user_id})\nRETURN 'done' AS verdict",
      'cypher/changes/a.cypher:2: $user_id is not declared',
    ],
  ])('refuses %s', (_, name, text, message) => {
    expect(() => parseQuery(name, text)).toThrow(message)
  })

  it('finds the columns of the last RETURN, commas in brackets and ORDER BY apart', () => {
    const query = parseQuery(
      'users/a',
      "// A.\nMATCH (u:User)\nRETURN coalesce(u.name, 'x') AS name, [u.id, 1] AS pair, u.id\nORDER BY u.id LIMIT 3;",
    )
    expect([...query.columns]).toEqual([
      ['name', "coalesce(u.name, 'x')"],
      ['pair', '[u.id, 1]'],
      ['u.id', 'u.id'],
    ])
    expect(query.statement.endsWith('LIMIT 3')).toBe(true)
  })
})

it('the columns of each question are those of its example, also where a subquery has a RETURN of its own', () => {
  const folder = `${CYPHER_FOLDER}analysis/`
  const files = readdirSync(folder)
  expect(files).toContain('clustering.cypher')
  for (const file of files) {
    const text = readFileSync(`${folder}${file}`, 'utf8')
    const example = /^\/\/ Example: (.+)$/m.exec(text)?.[1]?.replace(/\[.*\]/, '[]') as string
    const names = example.split(', ').map((part) => part.split(' ')[0])
    expect([file, ...parseQuery(`analysis/${file}`, text).columns.keys()]).toEqual([file, ...names])
  }
})

describe('the forms of a list', () => {
  const query = parseQuery('lists/a', LIST)
  it('turns every direction round for a negative count', () => {
    expect(ascending(query).statement).toContain('ORDER BY f.followee_id ASC, f.id ASC LIMIT $limit')
    expect(ascending(query).statement).not.toContain('DESC')
  })
  it('becomes a body of CALL', () => {
    const body = perRow(query.statement, { limit: '$limit' })
    expect(body).toContain('f.followee_id = row.user_id AND f.id < row.before')
    expect(body).toContain('LIMIT $limit')
  })
  it('loses its RETURN for the ids', () => {
    expect(withoutReturn(query)).toMatch(/LIMIT \$limit$/)
  })
})
