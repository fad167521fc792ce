// The archive of classes: made once behind a running database, used by the next start, and none is needed.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { NEWEST } from '../../src/database/choose.ts'
import { programDir } from '../../src/database/fetch.ts'
import { defaultCacheDir, startOwnDatabase } from '../../src/database/own.ts'
import { answers } from '../../src/graph/probe.ts'

const root = mkdtempSync(join(tmpdir(), 'follow-graph-archive-'))
const cacheDir = join(root, 'cache')
const data = join(root, 'data')
const program = programDir(cacheDir, NEWEST)
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

const made = () => readdirSync(program).filter((file) => file.startsWith('classes-'))

/** Starts a database, and answers the command line of its Java. */
async function start() {
  const database = await startOwnDatabase({
    data,
    cacheDir,
    say: () => undefined,
    docker: 'off',
    classArchive: true,
  })
  expect(await answers(database.uri, database.username, database.password)).toBe('yes')
  const pid = readFileSync(join(data, 'neo4j', 'run', 'java.pid'), 'utf8').trim()
  return { database, java: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') }
}

it('is made behind the first database, used by the next, and ignored where it is broken', {
  timeout: 600_000,
}, async () => {
  cpSync(programDir(defaultCacheDir(), NEWEST), program, {
    recursive: true,
    filter: (path) => !/\/classes-[^/]*$/.test(path),
  })
  const short = await start()
  expect(short.java.some((option) => option.startsWith('-XX:DumpLoadedClassList='))).toBe(true)
  await short.database.stop()
  expect(made()).toEqual([])

  const first = await start()
  await expect.poll(made, { timeout: 500_000, interval: 500 }).toEqual([expect.stringMatching(/\.jsa$/)])
  await first.database.stop()
  const [archive] = made() as [string]

  const second = await start()
  expect(second.java).toContain(`-XX:SharedArchiveFile=${join(program, archive)}`)
  await second.database.stop()
  expect(made()).toEqual([archive])

  truncateSync(join(program, archive), 10_000)
  const third = await start()
  await third.database.stop()
})
