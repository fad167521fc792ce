// Reads and checks the settings; the only reader of process.env.
import { homedir, totalmem } from 'node:os'
import { join } from 'node:path'
import envSchema from 'env-schema'
import { SETTINGS } from './config/settings.ts'
import { ConfigError, eventsKeep, maxFollowing, rateLimit } from './config/values.ts'
import type { EngineSettings } from './database/engine.ts'
import type { EventsKeep } from './events/keep.ts'
import { wrongUri } from './graph/uri.ts'
import type { Limits } from './http/rate-limit.ts'

export type Config = {
  host: string
  port: number
  /** Null: start an own database. */
  neo4j: { uri: string; username: string; password: string; database: string } | null
  /** What must run the own database; undefined: Docker if possible, otherwise Java. */
  database: 'docker' | 'java' | undefined
  neo4jVersion: string | undefined
  logLevel: string
  trustProxy: number
  queryToken: boolean
  /** Serve the explorer, the page at `/`. */
  explorer: boolean
  rateLimit: Limits | null
  redisUrl: string | undefined
  /** Seconds. */
  warmUp: number
  /** Plan all statements before they are asked for. */
  planAhead: boolean
  classArchive: boolean
  /** In bytes. */
  memory: number
  eventsKeep: EventsKeep
  webhooksPrivate: boolean
  maxFollowing: bigint | null
  jwt: { issuer: string; audience: string; userClaim: string } | null
  publicUrl: string | undefined
  cacheDir: string
  javaHome: string | undefined
  engines: EngineSettings
  /** Whether progress bars are shown. */
  stderrIsTty: boolean
}

type SchemaFailure = { instancePath?: string; message?: string; params?: { allowedValues?: string[] } }

/** Whether the environment names a database, which commands then use instead of their own. */
export const namesDatabase = (): boolean => (process.env.NEO4J_URI ?? '') !== ''

/** Reads and checks the settings: `settings`, and the environment for those that it does not have. */
export function readConfig(settings: Record<string, string | undefined> = {}): Config {
  const env: NodeJS.ProcessEnv = { ...process.env, ...settings }
  // Its name until 0.1.
  env.MEMORY ??= env.PROFILE_MEMORY
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const properties = Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema]))
  let values: Record<string, string | number>
  try {
    values = envSchema({
      schema: { type: 'object', properties },
      data: given,
      dotenv: false,
      env: false,
    }) as Record<string, string | number>
  } catch (error) {
    const first = (error as { errors?: SchemaFailure[] }).errors?.[0]
    const name = first?.instancePath?.slice(1) ?? 'a setting'
    const values = first?.params?.allowedValues
    const allowed = values === undefined ? undefined : `must be one of ${values.join(', ')}`
    throw new ConfigError(
      `The setting ${name} ${allowed ?? first?.message ?? 'is not valid'}: ${SETTINGS[name]?.help ?? ''}.`,
    )
  }
  const text = (name: string) => String(values[name])
  const optional = (name: string) => (text(name) === '' ? undefined : text(name))
  const uri = text('NEO4J_URI')
  const wrong = uri === '' ? null : wrongUri(uri)
  if (wrong !== null) throw new ConfigError(`The setting NEO4J_URI ${wrong}.`)
  if (uri === '' && (env.NEO4J_PASSWORD || env.NEO4J_USERNAME)) {
    throw new ConfigError(
      'NEO4J_USERNAME or NEO4J_PASSWORD is set and NEO4J_URI is not: set NEO4J_URI too, or unset them to run an own database.',
    )
  }
  if (uri !== '' && env.NEO4J_PASSWORD === undefined) {
    throw new ConfigError(
      'NEO4J_URI is set and NEO4J_PASSWORD is not: set the password of that database (an empty one, NEO4J_PASSWORD=, where it has no login), or unset NEO4J_URI to run an own database.',
    )
  }
  if (uri !== '' && text('NEO4J_DATABASE').toLowerCase() === 'system')
    throw new ConfigError(
      'The setting NEO4J_DATABASE must name a database for data, not system: usually neo4j.',
    )
  const issuer = text('JWT_ISSUER')
  if (issuer !== '' && text('JWT_AUDIENCE') === '')
    throw new ConfigError('JWT_ISSUER is set and JWT_AUDIENCE is not: set the audience that its tokens name.')
  if (issuer !== '' && !/^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$))/.test(issuer)) {
    throw new ConfigError('The setting JWT_ISSUER must be an https address (http only for localhost).')
  }
  const publicUrl = optional('PUBLIC_URL')?.replace(/\/+$/, '')
  if (publicUrl !== undefined && !isPlainAddress(publicUrl)) {
    throw new ConfigError(
      'The setting PUBLIC_URL must be an address such as https://api.example.org or https://example.org/social, without a query.',
    )
  }
  const redisUrl = optional('REDIS_URL')
  if (redisUrl !== undefined && !(/^rediss?:\/\/./.test(redisUrl) && URL.canParse(redisUrl)))
    throw new ConfigError('The setting REDIS_URL must be an address such as redis://localhost:6379.')
  return {
    host: text('HOST'),
    port: Number(values.PORT),
    neo4j:
      uri === ''
        ? null
        : {
            uri,
            username: text('NEO4J_USERNAME'),
            password: text('NEO4J_PASSWORD'),
            database: text('NEO4J_DATABASE'),
          },
    database: values.DATABASE as 'docker' | 'java' | undefined,
    neo4jVersion: optional('NEO4J_VERSION'),
    logLevel: text('LOG_LEVEL'),
    trustProxy: Number(values.TRUST_PROXY),
    queryToken: text('QUERY_TOKEN') === 'on',
    explorer: text('EXPLORER') === 'on',
    rateLimit: rateLimit(text('RATE_LIMIT')),
    redisUrl,
    warmUp: Number(values.WARM_UP ?? (uri === '' ? 40 : 0)),
    planAhead: text('PLAN_AHEAD') === 'on',
    classArchive: text('CLASS_ARCHIVE') === 'on',
    memory: Number(values.MEMORY ?? Math.min(128, memoryMb() / 10)) * 1_000_000,
    eventsKeep: eventsKeep(text('EVENTS_KEEP')),
    webhooksPrivate: text('WEBHOOKS_PRIVATE') === 'on',
    maxFollowing: maxFollowing(text('MAX_FOLLOWING')),
    jwt: issuer === '' ? null : { issuer, audience: text('JWT_AUDIENCE'), userClaim: text('JWT_USER_CLAIM') },
    publicUrl,
    cacheDir: join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'follow-graph'),
    javaHome: env.JAVA_HOME || undefined,
    engines: {
      host: env.DOCKER_HOST || undefined,
      ...(env.DOCKER_TLS_VERIFY === undefined ? {} : { tls: env.DOCKER_TLS_VERIFY === '1' }),
      certPath: env.DOCKER_CERT_PATH || undefined,
      context: env.DOCKER_CONTEXT || undefined,
      configDir: env.DOCKER_CONFIG || undefined,
      runtimeDir: env.XDG_RUNTIME_DIR || undefined,
      withDockerHost,
    },
    stderrIsTty: process.stderr.isTTY === true,
  }
}

const isPlainAddress = (text: string): boolean =>
  /^https?:\/\/[^\s"<>\\?#@]+$/.test(text) && URL.canParse(text)

// Runs `work` with DOCKER_HOST set, because testcontainers reads it from the environment only.
async function withDockerHost<T>(host: string, work: () => Promise<T>): Promise<T> {
  const before = process.env.DOCKER_HOST
  process.env.DOCKER_HOST = host
  try {
    return await work()
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST
    else process.env.DOCKER_HOST = before
  }
}

// Without a limit constrainedMemory() returns zero, or more than any machine has.
const memoryMb = (): number =>
  Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()) / 1_000_000

/** The settings of the own database, except its folder. */
export function ownDatabaseSettings(config: Config) {
  const { cacheDir, neo4jVersion: version, javaHome, engines, database, classArchive } = config
  return {
    cacheDir,
    ...(version === undefined ? {} : { version }),
    ...(javaHome === undefined ? {} : { javaHome }),
    engines,
    classArchive,
    ...(database === undefined
      ? {}
      : { docker: database === 'docker' ? ('only' as const) : ('off' as const) }),
  }
}
