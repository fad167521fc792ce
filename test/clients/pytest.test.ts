// examples/pytest: a suite in Python, whose fixture starts the service and its database and ends both.
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { cleanUp, program } from '../faults/built.ts'
import { processesOf } from '../packed/stranger.ts'
import { fetched, run } from './tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'follow-graph-pytest-'))
afterAll(() => {
  cleanUp()
  rmSync(folder, { recursive: true, force: true })
})

it('passes, and leaves nothing behind', { timeout: 240_000 }, async () => {
  cpSync('examples/pytest', folder, { recursive: true })
  // As npm install would put it there.
  const bin = join(folder, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'follow-graph'), `#!/bin/sh\nexec '${process.execPath}' '${program()}' "$@"\n`)
  chmodSync(join(bin, 'follow-graph'), 0o755)
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary)
  // A shell that knows another database: the example does not use that.
  const env = { NEO4J_URI: 'bolt://127.0.0.1:1', NEO4J_PASSWORD: 'x', NO_PROXY: '*', TMPDIR: temporary }
  const { status, output } = await run(
    fetched('bin/python'),
    ['-m', 'pytest', '-p', 'no:cacheprovider'],
    folder,
    env,
  )
  expect(output).toMatch(/\b3 passed\b/)
  expect(status, output).toBe(0)
  expect(processesOf(temporary)).toEqual([])
})
