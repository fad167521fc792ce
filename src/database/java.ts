// Runs Neo4j Community on a Java of this machine: builds its command line and settings, waits until it answers, and ends it.
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findRuntimes, getRuntime } from 'jdk-utils'
import { monotonic, wait } from '../clock.ts'
import { answers } from '../graph/probe.ts'
import { DatabaseError, type Java } from './choose.ts'
import { record, signal } from './claim.ts'
import { classArchive } from './class-archive.ts'
import type { Folder } from './folder.ts'
import { asLines, JAVA_OPTIONS, type Memory, serverSettings } from './settings.ts'
import { type Supervised, supervise, unref } from './supervise.ts'
import { hasClosed, type Marks, markLogs, sinceThen, sizeOf, whyEnded } from './why-ended.ts'

export type JavaRun = {
  folder: Folder
  java: Java
  version: string
  jars: string[]
  /** The folder of the version's program files, where an archive of its classes is to be used. */
  program?: string
  port: number
  password: string
  memory: Memory
  /** Aborts the start: it rejects with the signal's reason, and no process is left. */
  signal?: AbortSignal | undefined
}

/** A Neo4j that answers queries; `ended` resolves with the reason when it ends without stop(). */
export type Running = { stop(): Promise<void>; ended: Promise<string> }

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

function settings(run: JavaRun): string {
  return asLines([
    ['server.default_listen_address', '127.0.0.1'],
    ['server.bolt.listen_address', `127.0.0.1:${run.port}`],
    ['server.bolt.advertised_address', `127.0.0.1:${run.port}`],
    ...serverSettings(run.memory),
  ])
}

/** The command line of Java for any program of a Neo4j version, with more options, up to the name of the main class; heap in MB. */
export function javaCommand(
  { java, version, jars }: { java: Java; version: string; jars: string[] },
  heap: number,
  more: string[] = [],
): string[] {
  const newest = !version.startsWith('5.')
  const opens = ['java.nio', 'java.io', 'sun.nio.ch', 'java.util.concurrent', 'java.lang']
  return [
    // Java decodes paths by the locale: in the locale C it loses every letter with an accent.
    ...['/usr/bin/env', 'LC_ALL=C.UTF-8'],
    join(java.home, 'bin', 'java'),
    `-Xms${Math.min(256, heap)}m`,
    `-Xmx${heap}m`,
    '-XX:+ExitOnOutOfMemoryError',
    // Neo4j's share of the time of a page or a follow is 8 to 27 % smaller than with G1, p99 of follows 24 instead of 39 ms
    // (docs/decisions/007). Unlike G1 this collector ends Java when collecting takes nearly all the time; the second option turns that off.
    '-XX:+UseParallelGC',
    '-XX:-UseGCOverheadLimit',
    ...JAVA_OPTIONS,
    ...(newest ? ['--add-modules', 'jdk.incubator.vector'] : []),
    '--enable-native-access=ALL-UNNAMED',
    ...opens.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    // Newer versions of Java warn of calls that Neo4j and its libraries still make.
    ...(java.major >= 24 ? ['--sun-misc-unsafe-memory-access=allow'] : []),
    ...more,
    '-cp',
    jars.join(':'),
  ]
}

function commandLine(run: JavaRun, options: string[]): string[] {
  return [
    ...javaCommand(run, run.memory.heap, options),
    run.version.startsWith('5.') ? 'org.neo4j.server.CommunityEntryPoint' : 'org.neo4j.server.Neo4jCommunity',
    `--home-dir=${run.folder.home}`,
    `--config-dir=${join(run.folder.home, 'conf')}`,
  ]
}

/** Starts Neo4j and resolves once it answers a query with the password; its output is appended to the folder's log. */
export async function runNeo4j(run: JavaRun): Promise<Running> {
  const { folder } = run
  writeFileSync(join(folder.home, 'conf', 'neo4j.conf'), settings(run))
  const log = openSync(folder.console, 'a', 0o600)
  const from = markLogs(folder)
  const pidFile = join(folder.home, 'run', 'java.pid')
  writeFileSync(pidFile, '')
  const archive =
    run.program === undefined
      ? undefined
      : classArchive(run.program, run.java, (options) => javaCommand(run, run.memory.heap, options))
  const child = supervise(commandLine(run, archive?.options ?? []), {
    cwd: folder.home,
    output: log,
    pidFile,
  })
  closeSync(log)
  const pids = () => [child.guard.pid ?? 0, Number(readFileSync(pidFile, 'utf8'))].filter((pid) => pid > 0)
  record(folder.processes, pids())

  let status: number | undefined
  child.exited.then((code) => {
    status = code
    archive?.end()
  })
  const uri = `bolt://127.0.0.1:${run.port}`
  const deadline = monotonic() + START_TIMEOUT_MS
  let recorded = false
  for (;;) {
    if (!recorded && pids().length === 2) {
      record(folder.processes, pids())
      recorded = true
    }
    if (status !== undefined) throw why(run, status, from)
    if (run.signal?.aborted === true) {
      await endNow(child, pids())
      throw run.signal.reason
    }
    const answer = recorded ? await answers(uri, 'neo4j', run.password) : 'no'
    if (answer === 'yes' && status === undefined) break
    if (answer === 'refused') {
      await endNow(child, pids())
      throw new DatabaseError(
        `The database in ${folder.root} does not take the password of ${join(folder.root, 'password')}: put the right one into that file, or name another folder with --data.`,
      )
    }
    if (monotonic() > deadline) {
      await endNow(child, pids())
      throw new DatabaseError(
        `Neo4j did not answer within ${START_TIMEOUT_MS / 1000} s: see ${folder.debugLog}, and start again.`,
      )
    }
    await wait(50)
  }
  unref(child)
  archive?.make()
  return running(run, child, from, pids())
}

function running(run: JavaRun, child: Supervised, from: Marks, pids: number[]): Running {
  let stopping: Promise<void> | undefined
  const ended = new Promise<string>((resolve) => {
    child.exited.then((status) => {
      if (stopping === undefined) resolve(why(run, status, from).message)
    })
  })
  return { ended, stop: () => (stopping ??= end(run, child, pids)) }
}

/**
 * Neo4j closes its databases (about 0.1 s) and then idles for ten seconds, to let Bolt clients disconnect. Our clients have
 * left by then, and the databases are checkpointed and closed, so killing it loses nothing.
 */
async function end(run: JavaRun, child: Supervised, pids: number[]): Promise<void> {
  const from = sizeOf(run.folder.debugLog)
  child.end()
  const deadline = monotonic() + STOP_TIMEOUT_MS
  while (!child.gone() && monotonic() < deadline) {
    if (hasClosed(run.folder, from)) break
    await wait(25)
  }
  await endNow(child, pids)
}

// Java is killed first: its guard reaps it and then ends, so that no process uses the folder once the guard has ended. Node's
// event loop no longer counts the guard (unref), so the waiting here keeps the event loop alive.
async function endNow(child: Supervised, [, java]: number[]): Promise<void> {
  if (!child.gone() && java !== undefined) signal(java, 'SIGKILL')
  for (let tries = 0; !child.gone() && tries < 200; tries += 1) await wait(10)
  child.kill()
}

const why = (run: JavaRun, status: number, from: Marks): Error =>
  whyEnded({ ...run, javaHome: run.java.home }, status, sinceThen(from))
