// The types of follow-graph/client are those of the API's own description. UPDATE_DOCS=1 writes them anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { clientFiles } from '../house/client-types.ts'

const made = clientFiles()

it.each(Object.entries(made))('%s is as the routes and schemas of src/ have it', (file, text) => {
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, text)
  expect(readFileSync(file, 'utf8')).toBe(text)
})

it('runs in a browser: it imports nothing but its own files and names nothing of Node', () => {
  const files = readdirSync('src/client')
  expect(files).toContain('client.ts')
  for (const file of files) {
    const text = readFileSync(join('src/client', file), 'utf8')
    const imported = [...text.matchAll(/(?:from|import\() ?'([^']+)'/g)].map(([, from]) => from)
    expect([file, imported.filter((from) => !files.includes(from?.replace('./', '') ?? ''))]).toEqual([
      file,
      [],
    ])
    expect([file, text.match(/\b(process|Buffer|require|globalThis|NodeJS|__dirname)\b\W/g)]).toEqual([
      file,
      null,
    ])
  }
})
