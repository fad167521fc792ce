// Fills the empty database of a data folder with neo4j-admin's bulk loader, while no database runs on the folder.

import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wait } from '../clock.ts'
import { DatabaseError } from './choose.ts'
import { claim, record } from './claim.ts'
import { checkProgram, fetchProgram } from './fetch.ts'
import {
  clearLoading,
  hasDatabase,
  noteLoadBegun,
  noteLoaded,
  noteVersion,
  openFolder,
  passwordOf,
  refuseOlder,
} from './folder.ts'
import { javaCommand } from './java.ts'
import { endLeftBehind } from './left-behind.ts'
import { defaultCacheDir, makePlan, type OwnDatabaseOptions } from './own.ts'
import { asLines, STORE_SETTINGS } from './settings.ts'
import { supervise } from './supervise.ts'
import { lastWords } from './why-ended.ts'

/** A data folder that is locked for a bulk import. */
export type Bulk = {
  /** A folder for the loader's files; gone after `end`. */
  files: string
  /** Replaces the database with the contents of files, named by the loader's own arguments. If it rejects (DatabaseError), the database is empty. */
  load(sources: string[]): Promise<void>
  /** Unlocks the folder. */
  end(): void
}

// With less than a gigabyte the loader prints a warning.
const HEAP_MB = 1_024

/** The state of a data folder: a database runs on it, ran on it earlier, or never did. A half-written database counts as `fresh`. */
export async function stateOf(
  data: string,
  say: (line: string) => void,
): Promise<'running' | 'used' | 'fresh'> {
  const folder = openFolder(data)
  const lock = claim(folder.lock)
  if ('holder' in lock) return 'running'
  try {
    await endLeftBehind(folder, say)
    return hasDatabase(folder) ? 'used' : 'fresh'
  } finally {
    lock.release()
  }
}

/** Locks a data folder on which no database runs. Otherwise returns the reason, as a clause of a sentence. */
export async function claimForBulk(options: OwnDatabaseOptions): Promise<Bulk | { why: string }> {
  const folder = openFolder(options.data)
  const lock = claim(folder.lock)
  if ('holder' in lock) return { why: 'it is running' }
  const end = () => {
    clearLoading(folder)
    lock.release()
  }
  try {
    await endLeftBehind(folder, options.say)
    const cacheDir = options.cacheDir ?? defaultCacheDir()
    const { plan } = await makePlan(options, cacheDir)
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
        noteLoadBegun(folder)
        writeFileSync(join(folder.home, 'conf', 'neo4j.conf'), asLines(STORE_SETTINGS))
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
        // Recorded as soon as it is known, so that the next start can end a loader that outlived this process.
        for (let recorded = 0; status === undefined; await wait(50)) {
          const pids = [run.guard.pid ?? 0, Number(readFileSync(pidFile, 'utf8'))].filter((pid) => pid > 0)
          if (pids.length > recorded) record(folder.processes, pids)
          recorded = pids.length
        }
        if (status !== 0)
          throw new DatabaseError(
            `The files could not be loaded, and the database is empty: see ${path} (${lastWords(readFileSync(path, 'utf8'))}).`,
          )
        noteLoaded(folder)
      },
    }
  } catch (error) {
    end()
    throw error
  }
}
