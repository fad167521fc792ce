// Finds a Docker engine that can mount folders of this machine, and sends requests to it.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { monotonic } from '../clock.ts'

/** The part of the environment that says where the engine is. */
export type EngineSettings = {
  /** DOCKER_HOST. */
  host?: string | undefined
  /** DOCKER_TLS_VERIFY and DOCKER_CERT_PATH. */
  tls?: boolean
  certPath?: string | undefined
  /** DOCKER_CONTEXT, and the folder of the client's own settings (DOCKER_CONFIG). */
  context?: string | undefined
  configDir?: string | undefined
  /** XDG_RUNTIME_DIR. */
  runtimeDir?: string | undefined
  /** Runs `work` with DOCKER_HOST set to `host`: testcontainers reads it from the environment only. */
  withDockerHost?<T>(host: string, work: () => Promise<T>): Promise<T>
}

/** An engine's address: unix:///…, tcp://… or npipe://…. */
export type Engine = { host: string; certPath?: string | undefined }

/** An engine that can run a database on a folder of this machine, or the reason why there is none, as a clause of a sentence. */
export type EngineSearch = { engine: Engine } | { why: string }

const SEARCH_MS = 2_000
const SOCKET = '/var/run/docker.sock'

/**
 * Searches for an engine: where testcontainers does, in the same order, then in the context that the `docker`
 * command uses, then at Podman's sockets. Takes two seconds at most.
 */
export async function findEngine(settings: EngineSettings): Promise<EngineSearch> {
  const places = enginePlaces(settings)
  const deadline = monotonic() + SEARCH_MS
  const answers = places.map((engine) => isLocal(engine.host) && pings(engine))
  for (const [index, engine] of places.entries()) {
    if (!(await answers[index])) continue
    const unfit = await whyUnfit(engine, Math.max(500, Math.round(deadline - monotonic())))
    return unfit === undefined ? { engine } : { why: `the Docker engine at ${engine.host} ${unfit}` }
  }
  const remote = places.find((engine) => !isLocal(engine.host))
  if (remote !== undefined)
    return { why: `the Docker engine at ${remote.host} is on another machine, where the data folder is not` }
  const named = settings.host === undefined ? '' : ` at ${settings.host} (DOCKER_HOST)`
  return { why: `no Docker engine answers${named}` }
}

/** Every address that is tried, in order; exported for its test. */
export function enginePlaces(settings: EngineSettings): Engine[] {
  const home = homedir()
  const file = properties(join(home, '.testcontainers.properties'))
  const tls = settings.tls ?? file['docker.tls.verify'] === '1'
  const certPath = settings.certPath ?? file['docker.cert.path']
  const places: Engine[] = []
  const add = (host: string | undefined, more: object = {}) => {
    if (host !== undefined && !places.some((one) => one.host === host)) places.push({ host, ...more })
  }
  add(file['tc.host'])
  add(settings.host ?? file['docker.host'], tls && certPath !== undefined ? { certPath } : {})
  const uid = process.getuid?.() ?? 0
  const sockets = (...paths: (string | undefined)[]) => {
    const path = paths.find((one) => one !== undefined && existsSync(one))
    if (process.platform !== 'win32' && path !== undefined) add(`unix://${path}`)
  }
  const run = (path: string) =>
    settings.runtimeDir === undefined ? undefined : join(settings.runtimeDir, path)
  sockets(SOCKET)
  sockets(
    run('docker.sock'),
    join(home, '.docker', 'run', 'docker.sock'),
    join(home, '.docker', 'desktop', 'docker.sock'),
    `/run/user/${uid}/docker.sock`,
  )
  if (process.platform === 'win32') add('npipe:////./pipe/docker_engine')
  add(contextHost(settings, home))
  sockets(
    run('podman/podman.sock'),
    `/run/user/${uid}/podman/podman.sock`,
    uid === 0 ? '/run/podman/podman.sock' : undefined,
  )
  return places
}

// An engine on another machine cannot see our data folder, nor is its port on our loopback.
function isLocal(host: string): boolean {
  if (/^(unix|npipe):\/\//.test(host)) return true
  try {
    const { protocol, hostname } = new URL(host)
    return /^(tcp|https?):$/.test(protocol) && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  } catch {
    return false
  }
}

async function pings(engine: Engine): Promise<boolean> {
  try {
    return (await ask(engine, 'GET', '/_ping', SEARCH_MS)).status === 200
  } catch {
    return false
  }
}

// With user namespaces the container's users are not users of this machine: none of them may write to our folder.
async function whyUnfit(engine: Engine, timeoutMs: number): Promise<string | undefined> {
  try {
    const { body } = await ask(engine, 'GET', '/info', timeoutMs)
    const { OSType, SecurityOptions } = body as { OSType?: string; SecurityOptions?: string[] | null }
    if (OSType !== undefined && OSType !== 'linux') return `runs ${OSType} containers only`
    const options = (SecurityOptions ?? []).map((text) => /name=([a-z]+)/.exec(text)?.[1])
    if (options.includes('rootless'))
      return 'runs without root, so that Neo4j in it cannot write the data folder'
    if (options.includes('userns'))
      return 'maps users (userns-remap), so that Neo4j in it cannot write the data folder'
    return undefined
  } catch {
    return 'does not say what it is'
  }
}

// Java's properties format, as far as testcontainers' own file needs it.
function properties(path: string): Record<string, string> {
  try {
    const lines = readFileSync(path, 'utf8').split(/\r?\n/)
    const pairs = lines.map((line) => /^\s*([\w.]+)\s*[=:]\s*(.*?)\s*$/.exec(line))
    return Object.fromEntries(pairs.flatMap((found) => (found === null ? [] : [[found[1], found[2]]])))
  } catch {
    return {}
  }
}

// The engine's address in the context that the docker command uses; the context "default" means the usual socket.
function contextHost(settings: EngineSettings, home: string): string | undefined {
  const folder = settings.configDir ?? join(home, '.docker')
  const json = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'))
  try {
    const name = settings.context ?? (json('config.json') as { currentContext?: string }).currentContext
    if (name === undefined || name === '' || name === 'default') return undefined
    const meta = json(join('contexts', 'meta', createHash('sha256').update(name).digest('hex'), 'meta.json'))
    return (meta as { Endpoints?: { docker?: { Host?: string } } }).Endpoints?.docker?.Host
  } catch {
    return undefined
  }
}

export type EngineAnswer = { status: number; body: unknown }

/** Sends one request to an engine. The body is parsed if it is JSON, and bytes otherwise. Rejects if the engine does not answer in time. */
export function ask(engine: Engine, method: string, path: string, timeoutMs: number): Promise<EngineAnswer> {
  return new Promise((done, failed) => {
    const secure = engine.certPath !== undefined
    const call = (secure ? tlsRequest : plainRequest)(
      { ...addressOf(engine), method, path, signal: AbortSignal.timeout(timeoutMs) },
      (answer) => {
        const pieces: Buffer[] = []
        answer.on('data', (piece: Buffer) => pieces.push(piece))
        answer.on('error', failed)
        answer.on('end', () => done({ status: answer.statusCode ?? 0, body: bodyOf(Buffer.concat(pieces)) }))
      },
    )
    call.on('error', failed)
    call.end()
  })
}

function bodyOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return bytes
  }
}

function addressOf({ host, certPath }: Engine): object {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) }
  if (host.startsWith('npipe://')) return { socketPath: host.slice('npipe://'.length) }
  const { hostname, port } = new URL(host)
  const pem = (name: string) => readFileSync(join(certPath ?? '', name))
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 2375),
    ...(certPath === undefined ? {} : { ca: pem('ca.pem'), cert: pem('cert.pem'), key: pem('key.pem') }),
  }
}
