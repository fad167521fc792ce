// Knows how neo4j-admin's loader fills the empty database of a data folder on which no database runs; it knows nothing of the files' contents.
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { DatabaseError } from './choose.ts'
import { claim, endRecorded, record } from './claim.ts'
import { checkProgram, fetchProgram } from './fetch.ts'
import {
  CUT_SHORT,
  clearLoading,
  type Folder,
  hasDatabase,
  noteBegun,
  noteLoaded,
  noteVersion,
  openFolder,
  passwordOf,
  refuseOlder,
} from './folder.ts'
import { javaCommand, lastWords, STORE_SETTINGS } from './java.ts'
import { defaultCacheDir, makePlan, type OwnDatabaseOptions } from './own.ts'
import { supervise } from './supervise.ts'

/** A data folder held for a bulk import. */
export type Bulk = {
  /** A folder for the loader's files; gone after `end`. */
  files: string
  /** Replaces the database by what stands in files, named by the loader's own arguments. Rejects with DatabaseError; then the database is empty. */
  load(sources: string[]): Promise<void>
  /** Lets the folder go. */
  end(): void
}

// Below a gigabyte the loader warns.
const HEAP_MB = 1_024

/** Whether a database runs on the folder's data, or ever did; a half-written one does not count. */
export async function stateOf(
  data: string,
  say: (line: string) => void,
): Promise<'running' | 'used' | 'fresh'> {
  const folder = openFolder(data)
  const lock = claim(folder.lock)
  if ('holder' in lock) return 'running'
  try {
    await clearUp(folder, say)
    return hasDatabase(folder) ? 'used' : 'fresh'
  } finally {
    lock.release()
  }
}

// What a killed run may have left: first the processes, then what they write.
async function clearUp(folder: Folder, say: (line: string) => void): Promise<void> {
  await endRecorded(folder.processes)
  if (clearLoading(folder)) say(CUT_SHORT)
}

/** Takes a data folder on which no database runs; a clause that says why, where it cannot be had. */
export async function claimForBulk(options: OwnDatabaseOptions): Promise<Bulk | { why: string }> {
  const folder = openFolder(options.data)
  const lock = claim(folder.lock)
  if ('holder' in lock) return { why: 'it is running' }
  const end = () => {
    clearLoading(folder)
    lock.release()
  }
  try {
    await clearUp(folder, options.say)
    const cacheDir = options.cacheDir ?? defaultCacheDir()
    const plan = await makePlan(options, cacheDir)
    if (plan.kind === 'docker') {
      lock.release()
      return { why: 'it runs in Docker' }
    }
    const { version, java } = plan
    refuseOlder(folder, version)
    passwordOf(folder)
    if (plan.fetch) await fetchProgram(cacheDir, version, java, options.say)
    const jars = await checkProgram(cacheDir, version)
    mkdirSync(folder.loading, { recursive: true, mode: 0o700 })
    return {
      files: folder.loading,
      end,
      async load(sources) {
        noteBegun(folder)
        writeFileSync(join(folder.home, 'conf', 'neo4j.conf'), `${STORE_SETTINGS.join('\n')}\n`)
        noteVersion(folder, version)
        const path = join(folder.home, 'logs', 'import.log')
        const log = openSync(path, 'w', 0o600)
        const pidFile = join(folder.loading, 'java.pid')
        writeFileSync(pidFile, '')
        const run = supervise(
          [
            '/usr/bin/env',
            `NEO4J_HOME=${folder.home}`,
            `NEO4J_CONF=${join(folder.home, 'conf')}`,
            ...javaCommand({ java, version, jars }, HEAP_MB),
            ...['org.neo4j.cli.AdminTool', 'database', 'import', 'full', 'neo4j'],
            ...['--overwrite-destination', '--bad-tolerance=0', ...sources],
          ],
          { cwd: folder.loading, output: log, pidFile },
        )
        closeSync(log)
        let status: number | undefined
        run.exited.then((code) => {
          status = code
        })
        // Noted as soon as it is known, so that the next start ends a loader that outlived us.
        for (let noted = 0; status === undefined; await wait(50)) {
          const pids = [run.guard.pid ?? 0, Number(readFileSync(pidFile, 'utf8'))].filter((pid) => pid > 0)
          if (pids.length > noted) record(folder.processes, pids)
          noted = pids.length
        }
        if (status !== 0)
          throw new DatabaseError(
            `The files could not be loaded, and the database is empty: look into ${path} (${lastWords(readFileSync(path, 'utf8'))}).`,
          )
        noteLoaded(folder)
      },
    }
  } catch (error) {
    end()
    throw error
  }
}
