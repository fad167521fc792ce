// Creates and uses an archive of Neo4j's classes (Java's class data sharing): at a start Java maps it instead of reading 17,000 classes
// from 225 jars. 2 cores, Java 25: 12.4 seconds of processor time until Neo4j answers, 17.9 without. It takes 150 MB of disk.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wait, wallClock } from '../clock.ts'
import type { Java } from './choose.ts'
import { type Supervised, supervise, unref } from './supervise.ts'

export type ClassArchive = {
  /** What the command line of Java needs: to use the archive, or to write down which classes one should hold. */
  options: string[]
  /** Makes the archive behind everybody else, where there is none and the database is still running after a while. */
  make(): void
  /** Ends the making, if it is under way. */
  end(): void
}

// Who starts a database for less needs no archive, and the processor for other things.
const LATER_MS = 30_000
// The work takes 40 seconds of one core; a file that is older was left by a process that was killed.
const ABANDONED_MS = 10 * 60_000

/**
 * The archive of a program folder (with its jars in `lib/`) for one Java. `command` gives the command line of Java with more options, up to
 * its class path, which must be the same in both.
 */
export function classArchive(
  program: string,
  java: Java,
  command: (options: string[]) => string[],
): ClassArchive {
  const none = { options: [], make: () => undefined, end: () => undefined }
  const key = keyOf(program, java)
  if (key === undefined) return none
  const name = `classes-${key}`
  const archive = join(program, `${name}.jsa`)
  if (existsSync(archive)) return { ...none, options: [`-XX:SharedArchiveFile=${archive}`] }
  const list = join(program, `${name}-${process.pid}.list`)
  const part = join(program, `${name}-${process.pid}.part`)
  try {
    writeFileSync(list, '')
  } catch {
    // A cache that others filled, and that we may only read.
    return none
  }
  let ended = false
  let making: Supervised | undefined

  async function make(): Promise<void> {
    await wait(LATER_MS, undefined, { ref: false })
    if (ended || existsSync(archive) || isMadeByAnother(program)) return
    // Java writes the list as it goes: its last line may be half of one.
    const lines = readFileSync(list, 'utf8').split('\n').slice(0, -1)
    writeFileSync(list, `${lines.join('\n')}\n`)
    writeFileSync(part, '')
    const options = ['-Xshare:dump', `-XX:SharedClassListFile=${list}`, `-XX:SharedArchiveFile=${part}`]
    making = supervise(['nice', '-n', '19', ...command(options)], { cwd: program, output: 'ignore' })
    unref(making)
    if ((await making.exited) === 0 && !ended) renameSync(part, archive)
    clean()
  }

  function clean(): void {
    for (const file of [list, part]) rmSync(file, { force: true })
  }

  return {
    options: [`-XX:DumpLoadedClassList=${list}`],
    // Where it fails the next start is as slow as this one, and tries again.
    make: () => void make().catch(clean),
    end() {
      ended = true
      making?.kill()
      clean()
    },
  }
}

// Another Java, or other jars, need another archive. undefined for a Java that does not say what it is, such as a trimmed one.
function keyOf(program: string, { home }: Java): string | undefined {
  const files = [join(home, 'release'), join(program, 'manifest.json')]
  if (!files.every((file) => existsSync(file))) return undefined
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

// Files of processes that were killed are removed on the way, also those whose time is ahead because the clock was set back since.
function isMadeByAnother(program: string): boolean {
  const own = `-${process.pid}.`
  const others = readdirSync(program).filter((file) => /\.(list|part)$/.test(file) && !file.includes(own))
  const ages = others.map((file) => ({
    file,
    age: Math.abs(wallClock() - statSync(join(program, file)).mtimeMs),
  }))
  for (const { file, age } of ages) if (age > ABANDONED_MS) rmSync(join(program, file), { force: true })
  return ages.some(({ file, age }) => file.endsWith('.part') && age <= ABANDONED_MS)
}
