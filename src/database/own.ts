// Starts and stops an "own database": a Neo4j that this program runs itself on a data folder, with Docker or with Java.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { choose, DatabaseError, DockerUnfit, type Plan, sentence } from './choose.ts'
import { claim } from './claim.ts'
import { runContainer } from './docker.ts'
import { type Engine, type EngineSettings, findEngine } from './engine.ts'
import { cachedVersions, checkProgram, fetchProgram, findMaven, programDir } from './fetch.ts'
import {
  type Folder,
  noteAddress,
  noteVersion,
  openFolder,
  passwordOf,
  portOf,
  refuseOlder,
  writeFirstPassword,
} from './folder.ts'
import { findJavas, type Running, runNeo4j } from './java.ts'
import { endLeftBehind } from './left-behind.ts'
import type { Memory } from './settings.ts'
import { orAborted } from './waiting.ts'
import { PortTaken } from './why-ended.ts'

export { DatabaseError } from './choose.ts'

/** A running database that answers queries. */
export type OwnDatabase = {
  uri: string
  username: string
  password: string
  version: string
  /** Shuts it down cleanly, in 20 s at most; may be called twice. */
  stop(): Promise<void>
  /** Resolves with the reason, a sentence, when the database ends without stop(). */
  ended: Promise<string>
}

export type OwnDatabaseOptions = {
  /** The data folder; the same folder gives the same address, password and data at every start. */
  data: string
  /** A port that must be used. */
  port?: number
  /** A Neo4j version that must be used (NEO4J_VERSION). */
  version?: string
  /** Lines for people. */
  say: (line: string) => void
  /** The cache of fetched program files, shared by all data folders. */
  cacheDir?: string
  /** `auto`: Docker if it can be used, otherwise Java; `off`: Java only; `only`: Docker only (DATABASE). */
  docker?: 'auto' | 'off' | 'only'
  /** Where to look for a Docker engine. */
  engines?: EngineSettings
  /** A Java to prefer (JAVA_HOME). */
  javaHome?: string
  /** Whether an archive of Neo4j's classes is used, and created if there is none (class-archive.ts). */
  classArchive?: boolean
  /** In MB. */
  memory?: Memory
  /** Aborts the start: it rejects with the signal's reason, and neither process nor container is left. */
  signal?: AbortSignal
}

// Enough for a million follows, and small enough that several databases can run on one laptop.
const MEMORY: Memory = { heap: 512, pageCache: 256 }

/** The user's cache folder of program files; `base` is XDG_CACHE_HOME, if it is set. */
export function defaultCacheDir(base?: string): string {
  return join(base ?? join(homedir(), '.cache'), 'follow-graph')
}

/** Starts the database of a data folder; resolves once it answers a query. Rejects with DatabaseError. */
export async function startOwnDatabase(options: OwnDatabaseOptions): Promise<OwnDatabase> {
  const folder = openFolder(options.data)
  const lock = claim(folder.lock)
  if ('holder' in lock)
    throw new DatabaseError(
      `Process ${lock.holder.pid} already runs a database on ${folder.root}: end it, or name another folder with --data.`,
    )
  try {
    noteAddress(folder, undefined)
    await endLeftBehind(folder, options.say)
    const cacheDir = options.cacheDir ?? defaultCacheDir()
    const planned = await makePlan(options, cacheDir)
    const password = passwordOf(folder)
    const place = { folder, cacheDir, password }
    const { plan, port, running } = await start(planned, options, place).catch(async (error: unknown) => {
      if (!(error instanceof DockerUnfit) || options.docker === 'only') throw error
      const onJava = await makePlan({ ...options, docker: 'auto' }, cacheDir, error.why)
      options.say(`${sentence(error.why)}: Java takes its place.`)
      return start(onJava, options, place)
    })
    const uri = `bolt://127.0.0.1:${port}`
    try {
      // The signal may have come while Neo4j gave its first answer.
      options.signal?.throwIfAborted()
      noteVersion(folder, plan.version)
      noteAddress(folder, uri)
    } catch (error) {
      await running.stop()
      throw error
    }
    const release = () => {
      noteAddress(folder, undefined)
      lock.release()
    }
    running.ended.then(release)
    return {
      uri,
      username: 'neo4j',
      password,
      version: plan.version,
      stop: () => running.stop().finally(release),
      ended: running.ended,
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** A plan, and the engine if it is for Docker. */
export type Planned = { plan: Plan; engine?: Engine }

/** Chooses the version and the way to run it on this machine. `whyNoDocker` is set if Docker was tried and failed. */
export async function makePlan(
  options: OwnDatabaseOptions,
  cacheDir: string,
  whyNoDocker?: string,
): Promise<Planned> {
  const mode = options.docker ?? 'auto'
  const search =
    mode === 'off' || whyNoDocker !== undefined
      ? { why: whyNoDocker }
      : await findEngine(options.engines ?? {})
  const docker = 'engine' in search
  const found = docker || mode === 'only' ? { javas: [] } : await findJavas(options.javaHome)
  const maven = !docker && (await findMaven())
  const plan = choose({
    docker,
    whyNoDocker: docker ? undefined : search.why,
    only: mode === 'off' ? 'java' : mode === 'only' ? 'docker' : undefined,
    ...found,
    maven,
    cached: cachedVersions(cacheDir),
    wanted: options.version,
    platform: process.platform,
  })
  return docker ? { plan, engine: search.engine } : { plan }
}

type Place = { folder: Folder; cacheDir: string; password: string }

async function start(
  { plan, engine }: Planned,
  options: OwnDatabaseOptions,
  place: Place,
): Promise<{ plan: Plan; port: number; running: Running }> {
  const { folder, cacheDir, password } = place
  const { version } = plan
  const { signal, say } = options
  refuseOlder(folder, version)
  if (plan.kind === 'java' && plan.fetch)
    await orAborted(signal, fetchProgram(cacheDir, version, plan.java, say))
  const program = programDir(cacheDir, version)
  const jars = plan.kind === 'java' ? await checkProgram(cacheDir, version) : []
  writeFirstPassword(folder, password)
  for (let tries = 1; ; tries += 1) {
    const port = await portOf(folder, options.port, tries > 1)
    say(`Starting Neo4j ${version} on ${folder.root}${plan.kind === 'docker' ? ' in Docker' : ''} …`)
    try {
      const run = { folder, version, port, password, memory: options.memory ?? MEMORY, signal }
      const running =
        plan.kind === 'java'
          ? await runNeo4j({
              ...run,
              java: plan.java,
              jars,
              ...(options.classArchive === true && { program }),
            })
          : await runContainer({ ...run, engine: engine as Engine, engines: options.engines ?? {}, say })
      return { plan, port, running }
    } catch (error) {
      if (!(error instanceof PortTaken)) throw error
      if (tries === 3 || options.port !== undefined)
        throw new DatabaseError(
          `Port ${port} was taken by another program while Neo4j started: start again, or choose one with --port.`,
        )
    }
  }
}
