// Runs Neo4j in a Docker container on a data folder, and watches it until it ends.
import { join } from 'node:path'
import { monotonic, wait } from '../clock.ts'
import { answers } from '../graph/probe.ts'
import { DatabaseError, DockerUnfit } from './choose.ts'
import {
  type Container,
  labelsOf,
  lastLines,
  noteContainer,
  removeContainer,
  signalContainer,
  stateOfContainer,
} from './container.ts'
import { ask, type Engine, type EngineSettings } from './engine.ts'
import type { Folder } from './folder.ts'
import type { Running } from './java.ts'
import { asEnvironment, JAVA_OPTIONS, type Memory, serverSettings } from './settings.ts'
import { inTime, orAborted } from './waiting.ts'
import { hasClosed, type Marks, markLogs, PortTaken, sinceThen, sizeOf, whyEnded } from './why-ended.ts'

export type DockerRun = {
  engine: Engine
  engines: EngineSettings
  folder: Folder
  version: string
  port: number
  password: string
  memory: Memory
  say: (line: string) => void
  /** Aborts the start: it rejects with the signal's reason, and no container is left. */
  signal?: AbortSignal | undefined
}

const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 20_000
const ENGINE_TIMEOUT_MS = 10_000
const REAPER_TIMEOUT_MS = 15_000
const ABORT_MS = 2_000
/** After this time without an answer from the engine and from the database, both count as gone. */
const SILENCE_MS = 5_000

/** Starts a container on the folder's data and resolves once it answers a query. Rejects with DockerUnfit if Docker is the cause. */
export async function runContainer(run: DockerRun): Promise<Running> {
  const marks = markLogs(run.folder)
  const container = await start(run)
  try {
    await untilItAnswers(run, container, marks)
  } catch (error) {
    await removeContainer(run.folder, container)
    throw error
  }
  let stopping: Promise<void> | undefined
  const ended = watch(run, container, marks, () => stopping !== undefined)
  return { ended, stop: () => (stopping ??= end(run, container)) }
}

// An optional dependency.
async function loadTestcontainers() {
  return import('testcontainers').catch((error: unknown) => {
    throw new DockerUnfit(
      'the package testcontainers, which runs Neo4j in Docker, is not installed',
      'npm install testcontainers',
      error,
    )
  })
}

async function start(run: DockerRun): Promise<Container> {
  const { engine, folder, version, say, signal } = run
  const { GenericContainer, getContainerRuntimeClient, getReaper } = await loadTestcontainers()
  const image = `neo4j:${version}`
  const connecting = run.engines.withDockerHost?.(engine.host, getContainerRuntimeClient)
  const client = await inTime(connecting ?? getContainerRuntimeClient(), ENGINE_TIMEOUT_MS).catch(
    (error: unknown) => {
      throw new DockerUnfit(
        `testcontainers finds no Docker engine (${firstLine(error)})`,
        'check that Docker runs',
        error,
      )
    },
  )
  if (!(await hasImage(engine, image))) say(`Fetching the image ${image}, about 300 MB, once.`)
  // The reaper is optional: the next start on the folder ends a container that a killed run left.
  const reaper = inTime(getReaper(client), REAPER_TIMEOUT_MS).then(
    () => true,
    () => false,
  )
  const reaped = await orAborted(signal, reaper).catch(async (error: unknown) => {
    // A reaper that is only half created would never end; one that runs ends itself.
    await inTime(reaper, ABORT_MS).catch(() => undefined)
    throw error
  })

  let made: Container | undefined
  class LocalContainer extends GenericContainer {
    // Testcontainers publishes ports to the whole network; the database must be reachable from this machine only.
    protected override async beforeContainerCreated(): Promise<void> {
      for (const bindings of Object.values(this.hostConfig.PortBindings ?? {}))
        for (const binding of bindings as { HostIp?: string }[]) binding.HostIp = '127.0.0.1'
    }
    protected override async containerCreated(id: string): Promise<void> {
      const container = { id, engine }
      noteContainer(folder, container)
      if (signal?.aborted === true) {
        await removeContainer(folder, container)
        throw signal.reason
      }
      made = container
    }
  }
  const wanted = new LocalContainer(image)
    .withExposedPorts({ container: 7687, host: run.port })
    // untilItAnswers() asks over Bolt: testcontainers' own check of the port runs a shell in the container ten times a second.
    .withWaitStrategy(noWait)
    .withAutoCleanup(reaped)
    .withLabels(labelsOf(folder))
    .withEnvironment({
      ...asEnvironment([
        ['server.bolt.advertised_address', `127.0.0.1:${run.port}`],
        ['server.memory.heap.initial_size', `${Math.min(256, run.memory.heap)}m`],
        ['server.memory.heap.max_size', `${run.memory.heap}m`],
        ...serverSettings(run.memory),
      ]),
      // Not NEO4J_server_jvm_additional, where the image has options of its own.
      JAVA_TOOL_OPTIONS: JAVA_OPTIONS.join(' '),
    })
    .withBindMounts([
      { source: join(folder.home, 'data'), target: '/data', mode: 'rw' },
      { source: join(folder.home, 'logs'), target: '/logs', mode: 'rw' },
    ])
  // The image's own user could not write to our folder, and we could not remove its files. Under root the image's
  // start script changes the folder's owner by itself.
  const uid = process.getuid?.() ?? 0
  if (uid !== 0) wanted.withUser(`${uid}:${process.getgid?.() ?? uid}`)

  const starting = wanted.start()
  try {
    await orAborted(signal, starting)
  } catch (error) {
    // The engine may be creating the container at this moment.
    if (made === undefined) await inTime(starting, ABORT_MS).catch(() => undefined)
    const said = firstLine(error)
    const container = made as Container | undefined
    const state = container === undefined ? undefined : await stateOfContainer(container)
    const lines = container === undefined ? '' : await lastLines(container)
    if (container !== undefined) await removeContainer(folder, container)
    if (signal?.aborted === true) throw signal.reason
    if (/already allocated|already in use/.test(said)) throw new PortTaken()
    if (state?.is === 'ended') throw whyEnded(run, state.status, lines)
    if (!(await hasImage(engine, image)))
      throw new DockerUnfit(
        `the image ${image} is not here and could not be fetched (${said})`,
        'check that Docker can fetch it',
        error,
      )
    throw new DockerUnfit(
      `Docker could not start ${image} (${said})`,
      `check that it may share ${folder.root}`,
      error,
    )
  }
  return made as unknown as Container
}

const noWait = {
  waitUntilReady: async () => undefined,
  withStartupTimeout: () => noWait,
  isStartupTimeoutSet: () => false,
  getStartupTimeout: () => START_TIMEOUT_MS,
}

async function untilItAnswers(run: DockerRun, container: Container, marks: Marks): Promise<void> {
  const uri = `bolt://127.0.0.1:${run.port}`
  const deadline = monotonic() + START_TIMEOUT_MS
  for (let tries = 0; ; tries += 1) {
    run.signal?.throwIfAborted()
    const answer = await answers(uri, 'neo4j', run.password)
    if (answer === 'yes') return
    if (answer === 'refused')
      throw new DatabaseError(
        `The database in ${run.folder.root} does not take the password of ${join(run.folder.root, 'password')}: put the right one into that file, or name another folder with --data.`,
      )
    if (tries % 5 === 0) {
      const reason = await whyGone(run, container, marks)
      if (reason !== undefined) throw reason
    }
    if (monotonic() > deadline)
      throw new DatabaseError(
        `Neo4j in Docker did not answer on ${uri} within ${START_TIMEOUT_MS / 1000} s: see ${run.folder.home}/logs, and start again.`,
      )
    await wait(100)
  }
}

// Why the container ended; undefined while it runs, and while the engine does not answer.
async function whyGone(run: DockerRun, container: Container, marks: Marks): Promise<Error | undefined> {
  const state = await stateOfContainer(container)
  if (state.is === 'gone')
    return new DatabaseError(
      `Neo4j's container was removed by somebody else: start again (its logs are in ${run.folder.home}/logs).`,
    )
  if (state.is !== 'ended') return undefined
  const text = `${sinceThen(marks)}\n${await lastLines(container)}`
  return whyEnded(run, state.status, state.outOfMemory ? 'OutOfMemoryError' : text)
}

// Checks the container once a second, without keeping the process alive; resolves with a sentence when it has ended, unless we stopped it.
async function watch(
  run: DockerRun,
  container: Container,
  marks: Marks,
  stopping: () => boolean,
): Promise<string> {
  const uri = `bolt://127.0.0.1:${run.port}`
  // Since when neither the engine nor the database has answered, as of the database's first silence.
  let silentSince: number | undefined
  while (!stopping()) {
    await wait(1_000, undefined, { ref: false })
    const state = await stateOfContainer(container)
    if (stopping()) break
    if (state.is === 'running') silentSince = undefined
    else if (state.is !== 'silent') {
      const reason = await whyGone(run, container, marks)
      if (reason !== undefined) return reason.message
    }
    // An engine can restart without ending its containers.
    else if ((await answers(uri, 'neo4j', run.password)) === 'yes') silentSince = undefined
    else if (silentSince === undefined) silentSince = monotonic()
    else if (monotonic() - silentSince > SILENCE_MS)
      return `The Docker engine at ${container.engine.host} has ended, and Neo4j in it: start Docker, then start again.`
  }
  return new Promise(() => undefined)
}

// Neo4j closes its databases and then idles for ten seconds. Our clients have left by then, so killing it loses nothing.
async function end(run: DockerRun, container: Container): Promise<void> {
  const from = sizeOf(run.folder.debugLog)
  await signalContainer(container, 'SIGTERM')
  const deadline = monotonic() + STOP_TIMEOUT_MS
  for (let tries = 0; monotonic() < deadline; tries += 1) {
    if (hasClosed(run.folder, from)) break
    if (tries % 10 === 0 && (await stateOfContainer(container)).is !== 'running') break
    await wait(25)
  }
  await removeContainer(run.folder, container)
}

async function hasImage(engine: Engine, image: string): Promise<boolean> {
  const answer = await ask(engine, 'GET', `/images/${image}/json`, ENGINE_TIMEOUT_MS).catch(() => undefined)
  return answer?.status === 200
}

const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0] ?? ''
