// Knows how Neo4j Community is run on a Java: its command line, its settings, when it answers and how it ends.
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findRuntimes, getRuntime } from 'jdk-utils'
import { answers } from '../graph/probe.ts'
import { DatabaseError, type Java } from './choose.ts'
import { record, signal } from './claim.ts'
import type { Folder } from './folder.ts'
import { letGo, type Supervised, supervise } from './supervise.ts'

/** What a Neo4j process may take, in MB. */
export type Memory = { heap: number; pageCache: number }

export type JavaRun = {
  folder: Folder
  java: Java
  version: string
  jars: string[]
  port: number
  password: string
  memory: Memory
}

/** A Neo4j that answers. */
export type Running = { stop(): Promise<void>; ended: Promise<string> }

/** The port was taken between asking for it and listening on it: try another. */
export class PortTaken extends Error {}

const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 20_000

/** Every Java on the machine; takes some milliseconds (their `release` files are read, nothing is run). */
export async function findJavas(
  javaHome: string | undefined,
): Promise<{ javas: Java[]; preferredJava?: Java }> {
  const found = await findRuntimes({ withVersion: true })
  const javas = found.flatMap(({ homedir, version }) =>
    version === undefined ? [] : [{ home: homedir, major: version.major }],
  )
  if (javaHome === undefined) return { javas }
  const own = await getRuntime(javaHome, { withVersion: true })
  if (own?.version === undefined) return { javas }
  const preferredJava = { home: own.homedir, major: own.version.major }
  return { javas: [...javas, preferredJava], preferredJava }
}

/** What decides how the store is laid out: whoever writes it must know it, the loader too. */
export const STORE_SETTINGS = [
  // A node keeps its relationships by type and direction, with their numbers, from the first one on: counts are read, not walked.
  'db.relationship_grouping_threshold=1',
]

function settings(run: JavaRun): string {
  return [
    'server.default_listen_address=127.0.0.1',
    `server.bolt.listen_address=127.0.0.1:${run.port}`,
    `server.bolt.advertised_address=127.0.0.1:${run.port}`,
    'server.http.enabled=false',
    'server.https.enabled=false',
    'dbms.usage_report.enabled=false',
    `server.memory.pagecache.size=${run.memory.pageCache}m`,
    // A small database for one machine: no logs kept for a cluster or a backup. Their space is taken in advance, or a full
    // disk would end an entry in its middle and Neo4j would not start again (test/faults/long/full-disk); in pieces of
    // 32 MB, as 256 would be much for an empty database.
    'db.tx_log.rotation.retention_policy=keep_none',
    'db.tx_log.rotation.size=32m',
    // Waiting for a lock does not notice a transaction's time-out.
    'db.lock.acquisition.timeout=2s',
    ...STORE_SETTINGS,
    '',
  ].join('\n')
}

/** Java with what every program of a Neo4j version needs, up to the name of its main class; heap in MB. */
export function javaCommand(
  { java, version, jars }: { java: Java; version: string; jars: string[] },
  heap: number,
): string[] {
  const newest = !version.startsWith('5.')
  const opens = ['java.nio', 'java.io', 'sun.nio.ch', 'java.util.concurrent', 'java.lang']
  return [
    join(java.home, 'bin', 'java'),
    `-Xms${Math.min(256, heap)}m`,
    `-Xmx${heap}m`,
    '-XX:+ExitOnOutOfMemoryError',
    // Neo4j's part of a page or a follow is 8 to 27 % less than with G1, p99 of follows 24 instead of 39 ms (docs/decisions/007). Unlike
    // G1 it would give up, and Java with it, where collecting takes nearly all the time: that is slow, not broken.
    '-XX:+UseParallelGC',
    '-XX:-UseGCOverheadLimit',
    ...(newest ? ['--add-modules', 'jdk.incubator.vector'] : []),
    '--enable-native-access=ALL-UNNAMED',
    ...opens.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    // Neo4j and its libraries still call what newer Javas warn of.
    ...(java.major >= 24 ? ['--sun-misc-unsafe-memory-access=allow'] : []),
    '-cp',
    jars.join(':'),
  ]
}

function commandLine(run: JavaRun): string[] {
  return [
    ...javaCommand(run, run.memory.heap),
    run.version.startsWith('5.') ? 'org.neo4j.server.CommunityEntryPoint' : 'org.neo4j.server.Neo4jCommunity',
    `--home-dir=${run.folder.home}`,
    `--config-dir=${join(run.folder.home, 'conf')}`,
  ]
}

/** Starts Neo4j and resolves once it answers a query with the password; what it prints is kept in the folder's log. */
export async function runNeo4j(run: JavaRun): Promise<Running> {
  const { folder } = run
  writeFileSync(join(folder.home, 'conf', 'neo4j.conf'), settings(run))
  const log = openSync(folder.console, 'a', 0o600)
  const from = markLogs(folder)
  const pidFile = join(folder.home, 'run', 'java.pid')
  writeFileSync(pidFile, '')
  const child = supervise(commandLine(run), { cwd: folder.home, output: log, pidFile })
  closeSync(log)
  const pids = () => [child.guard.pid ?? 0, Number(readFileSync(pidFile, 'utf8'))].filter((pid) => pid > 0)
  record(folder.processes, pids())

  let status: number | undefined
  child.exited.then((code) => {
    status = code
  })
  const uri = `bolt://127.0.0.1:${run.port}`
  const deadline = performance.now() + START_TIMEOUT_MS
  let recorded = false
  for (;;) {
    if (!recorded && pids().length === 2) {
      record(folder.processes, pids())
      recorded = true
    }
    if (status !== undefined) throw whyEnded(run, status, from)
    const answer = recorded ? await answers(uri, 'neo4j', run.password) : 'no'
    if (answer === 'yes' && status === undefined) break
    if (answer === 'refused') {
      await endNow(child, pids())
      throw new DatabaseError(
        `The database in ${folder.root} does not take the password of ${join(folder.root, 'password')}: put the right one into that file, or name another folder with --data.`,
      )
    }
    if (performance.now() > deadline) {
      await endNow(child, pids())
      throw new DatabaseError(
        `Neo4j did not answer within ${START_TIMEOUT_MS / 1000} s: look into ${folder.debugLog}, and start again.`,
      )
    }
    await wait(50)
  }
  letGo(child)
  return running(run, child, from, pids())
}

function running(run: JavaRun, child: Supervised, from: Marks, pids: number[]): Running {
  let stopping: Promise<void> | undefined
  const ended = new Promise<string>((tell) => {
    child.exited.then((status) => {
      if (stopping === undefined) tell(whyEnded(run, status, from).message)
    })
  })
  return { ended, stop: () => (stopping ??= end(run, child, pids)) }
}

/**
 * Once its databases are closed (about 0.1 s) Neo4j idles for ten seconds to let Bolt clients say farewell; nobody of
 * ours is left by then, and with the databases checkpointed and closed killing loses nothing.
 */
async function end(run: JavaRun, child: Supervised, pids: number[]): Promise<void> {
  const from = sizeOf(run.folder.debugLog)
  child.end()
  const deadline = performance.now() + STOP_TIMEOUT_MS
  while (!child.gone() && performance.now() < deadline) {
    if (tail(run.folder.debugLog, from).includes("Stopped 'DatabaseId{00000000[system]}' successfully")) break
    await wait(25)
  }
  await endNow(child, pids)
}

// Java first: its guard reaps it and ends after it, so that nothing holds the folder once the guard has gone. The guard
// is no longer counted by Node's event loop: the waiting here keeps it turning.
async function endNow(child: Supervised, [, java]: number[]): Promise<void> {
  if (!child.gone() && java !== undefined) signal(java, 'SIGKILL')
  for (let tries = 0; !child.gone() && tries < 200; tries += 1) await wait(10)
  child.kill()
}

// Java and Neo4j 2026 complain on the console, Neo4j 5 in its own log alone.
type Marks = { path: string; from: number }[]
const markLogs = (folder: Folder): Marks =>
  [folder.userLog, folder.console].map((path) => ({ path, from: sizeOf(path) }))

function whyEnded(run: JavaRun, status: number, marks: Marks): Error {
  const text = marks.map(({ path, from }) => tail(path, from)).join('\n')
  const where = `its logs are in ${dirname(run.folder.console)}`
  if (/BindException|Address already in use/.test(text)) return new PortTaken()
  if (/FileLockException|store_lock|Lock file has been locked/.test(text))
    return new DatabaseError(
      `Another Neo4j works on ${run.folder.root}: end it, or name another folder with --data (${where}).`,
    )
  if (/UnsupportedClassVersionError/.test(text))
    return new DatabaseError(
      `The Java in ${run.java.home} is too old for Neo4j ${run.version}: install Java 21 or newer, or start Docker, or set NEO4J_URI.`,
    )
  if (/garbage collectors selected|Conflicting collector/.test(text))
    return new DatabaseError(
      `Neo4j runs with the parallel collector: take the other one out of JDK_JAVA_OPTIONS or JAVA_TOOL_OPTIONS (${where}).`,
    )
  if (/Could not reserve enough space|Cannot allocate memory|OutOfMemoryError|insufficient memory/.test(text))
    return new DatabaseError(
      `Neo4j did not get the ${run.memory.heap + run.memory.pageCache} MB that it needs: free some memory, or set NEO4J_URI to a Neo4j elsewhere (${where}).`,
    )
  if (/No space left on device/.test(text))
    return new DatabaseError(
      `The disk that holds ${run.folder.root} is full: make room and start again (${where}).`,
    )
  if (status > 128)
    return new DatabaseError(`Neo4j was ended by signal ${status - 128}: start again (${where}).`)
  return new DatabaseError(`Neo4j ended with status ${status}: ${lastWords(text)} (${where}).`)
}

// The causes stand at the bottom of a Java stack; the lines that begin with "at" say nothing to its reader.
export function lastWords(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !/fatal exception has occurred|Could not create the Java/.test(line))
  const telling = lines.filter((line) => /^Caused by: |\bERROR\b|^Error|Exception/.test(line))
  const chosen = telling.at(-1) ?? lines.filter((line) => line !== '' && !line.startsWith('WARNING')).at(-1)
  return chosen === undefined ? 'it said nothing' : chosen.replace(/^Caused by: /, '').slice(0, 300)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

// A log that was rotated is shorter than it was: then all of it is new.
function tail(path: string, from: number): string {
  try {
    const bytes = readFileSync(path)
    return bytes.subarray(bytes.length < from ? 0 : from).toString('utf8')
  } catch {
    return ''
  }
}
