// The cache of Neo4j's program files: Maven fetches them once, and each start checks them.

import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { wait } from '../clock.ts'
import { DatabaseError, type Java } from './choose.ts'
import { claim } from './claim.ts'
import { supervise } from './supervise.ts'
import { showTransfer } from './transfer.ts'

type Entry = { name: string; size: number; mtimeMs: number; sha256: string }
type Manifest = { version: string; jars: Entry[] }

const MEGABYTE = 1_000_000
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin'

/** The folder of a version's program files in a cache folder. */
export function programDir(cacheDir: string, version: string): string {
  return join(cacheDir, `neo4j-${version}`)
}

/** The versions that are complete in a cache folder. */
export function cachedVersions(cacheDir: string): string[] {
  if (!existsSync(cacheDir)) return []
  return readdirSync(cacheDir)
    .filter((name) => /^neo4j-[\d.]+$/.test(name) && existsSync(join(cacheDir, name, 'manifest.json')))
    .map((name) => name.slice('neo4j-'.length))
}

/** Whether there is a Maven on the PATH. */
export async function findMaven(): Promise<boolean> {
  const run = supervise(['/bin/sh', '-c', 'command -v mvn'], { cwd: '/', output: 'pipe' })
  run.guard.stdout?.resume()
  return (await run.exited) === 0
}

/**
 * Fetches a version into the cache unless it is there. If several processes want it, one fetches and the others wait.
 * The version appears in the cache only when it is complete.
 */
export async function fetchProgram(
  cacheDir: string,
  version: string,
  java: Java,
  say: (line: string) => void,
): Promise<void> {
  const target = programDir(cacheDir, version)
  makeCache(cacheDir)
  let announcedPid = 0
  for (;;) {
    if (existsSync(join(target, 'manifest.json'))) return
    const lock = claim(`${target}.lock`)
    if ('release' in lock) {
      try {
        if (!existsSync(join(target, 'manifest.json'))) await fetchNow(cacheDir, target, version, java, say)
        return
      } finally {
        lock.release()
      }
    }
    if (announcedPid !== lock.holder.pid)
      say(`Process ${lock.holder.pid} is fetching Neo4j ${version}: waiting for it.`)
    announcedPid = lock.holder.pid
    await wait(200)
  }
}

function makeCache(cacheDir: string): void {
  try {
    mkdirSync(cacheDir, { recursive: true })
  } catch (error) {
    throw new DatabaseError(
      `The cache folder ${cacheDir} cannot be written (${(error as NodeJS.ErrnoException).code}): fix its permissions, or set XDG_CACHE_HOME to another.`,
      error,
    )
  }
}

async function fetchNow(
  cacheDir: string,
  target: string,
  version: string,
  java: Java,
  say: (line: string) => void,
): Promise<void> {
  // We hold the lock, so an existing folder was left by a fetch that was interrupted.
  const partial = join(cacheDir, `neo4j-${version}.part`)
  rmSync(partial, { recursive: true, force: true })
  const lib = join(partial, 'lib')
  mkdirSync(lib, { recursive: true })
  writeFileSync(join(partial, 'pom.xml'), pom(version))
  const expected = (version.startsWith('5.') ? 125 : 155) * MEGABYTE
  say(`Fetching Neo4j ${version} with Maven, about ${expected / MEGABYTE} MB, once, into ${target}.`)
  // Maven itself reports errors on standard output; the shell and the Java that start it use standard error.
  const mvn = ['/bin/sh', '-c', 'exec "$@" 2>&1', 'mvn', 'env', `JAVA_HOME=${java.home}`, 'mvn']
  const goal = [`${PLUGIN}:copy-dependencies`, '-DincludeScope=runtime', `-DoutputDirectory=${lib}`]
  const run = supervise([...mvn, '-B', '-Dstyle.color=never', '-f', join(partial, 'pom.xml'), ...goal], {
    cwd: partial,
    output: 'pipe',
  })
  const transfer = showTransfer(expected, say)
  const errors: string[] = []
  for await (const line of createInterface({ input: run.guard.stdout! })) {
    const arrived = /^(?:\[INFO\] )?Downloaded from \S+: \S+ \(([\d.]+) (B|kB|MB)/.exec(line)
    if (arrived !== null) transfer.add(Number(arrived[1]) * { B: 1, kB: 1e3, MB: 1e6 }[arrived[2] as 'B'])
    if (line.startsWith('[ERROR]') && errors.length < 3) errors.push(line.slice(8).trim())
  }
  const status = await run.exited
  transfer.end()
  const names = readdirSync(lib).filter((name) => name.endsWith('.jar'))
  if (status !== 0 || !names.includes(`neo4j-${version}.jar`)) {
    rmSync(partial, { recursive: true, force: true })
    throw new DatabaseError(
      `Neo4j ${version} could not be fetched, and nothing of it was kept: check the network and Maven's settings, then start again (${errors[0] ?? `mvn ended with status ${status}`}).`,
    )
  }
  const jars = await Promise.all(names.sort().map((name) => entry(lib, name)))
  writeFileSync(join(partial, 'manifest.json'), JSON.stringify({ version, jars } satisfies Manifest, null, 1))
  rmSync(target, { recursive: true, force: true })
  renameSync(partial, target)
  say(`Fetched Neo4j ${version}.`)
}

/**
 * Checks the program files against the manifest and returns their paths. A file is hashed again only if its size or
 * modification time differs: 225 calls of stat take 3 ms, hashing all files takes half a second.
 */
export async function checkProgram(cacheDir: string, version: string): Promise<string[]> {
  const target = programDir(cacheDir, version)
  const refuse = (what: string) =>
    new DatabaseError(`${what}: remove the folder ${target} and start again, and it is fetched anew.`)
  let manifest: Manifest
  try {
    manifest = JSON.parse(readFileSync(join(target, 'manifest.json'), 'utf8')) as Manifest
  } catch {
    throw refuse(`The list of Neo4j's program files in ${target} cannot be read`)
  }
  const lib = join(target, 'lib')
  for (const jar of manifest.jars) {
    const path = join(lib, jar.name)
    const now = statSync(path, { throwIfNoEntry: false })
    if (now === undefined) throw refuse(`The program file ${path} is missing`)
    const same = now.size === jar.size && (now.mtimeMs === jar.mtimeMs || (await sha256(path)) === jar.sha256)
    if (!same) throw refuse(`The program file ${path} is not as it was fetched`)
  }
  return manifest.jars.map((jar) => join(lib, jar.name))
}

async function entry(lib: string, name: string): Promise<Entry> {
  const path = join(lib, name)
  const { size, mtimeMs } = statSync(path)
  return { name, size, mtimeMs, sha256: await sha256(path) }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: MEGABYTE })) hash.update(piece as Buffer)
  return hash.digest('hex')
}

function pom(version: string): string {
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>follow-graph</groupId>
  <artifactId>database</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>${version}</version></dependency>
  </dependencies>
</project>
`
}
