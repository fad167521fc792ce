// Knows every setting: name, default, check and help; the only reader of process.env.
import { homedir, totalmem } from 'node:os'
import { join } from 'node:path'
import envSchema from 'env-schema'
import { DEFAULT_LIMITS, type Limits } from './http/rate-limit.ts'

type Setting = { schema: Record<string, unknown>; help: string }

/** The table of settings, in the order in which `serve --help` and docs/operations.md show them. */
export const SETTINGS: Record<string, Setting> = {
  HOST: {
    schema: { type: 'string', default: '127.0.0.1' },
    help: 'address to listen on (127.0.0.1; 0.0.0.0 in the image)',
  },
  PORT: {
    schema: { type: 'integer', minimum: 0, maximum: 65535, default: 3000 },
    help: 'port to listen on (3000; 0 takes any free one)',
  },
  NEO4J_URI: {
    schema: { type: 'string', default: '' },
    help: 'database to use, such as bolt://localhost:7687; without it the service starts its own',
  },
  NEO4J_USERNAME: { schema: { type: 'string', default: 'neo4j' }, help: 'its user (neo4j)' },
  NEO4J_PASSWORD: { schema: { type: 'string', default: '' }, help: 'its password' },
  NEO4J_DATABASE: {
    schema: { type: 'string', default: 'neo4j' },
    help: 'name of the database in it (neo4j)',
  },
  NEO4J_VERSION: {
    schema: { type: 'string', default: '' },
    help: 'Neo4j of the own database (newest that the Java found can run)',
  },
  LOG_LEVEL: {
    schema: { type: 'string', enum: ['trace', 'debug', 'info', 'warn', 'error', 'silent'], default: 'info' },
    help: 'trace, debug, info, warn, error or silent (info)',
  },
  TRUST_PROXY: {
    schema: { type: 'integer', minimum: 0, maximum: 10, default: 0 },
    help: 'how many proxies stand before the service (0)',
  },
  QUERY_TOKEN: {
    schema: { type: 'string', enum: ['on', 'off'], default: 'on' },
    help: 'off refuses tokens in the URL (on)',
  },
  RATE_LIMIT: {
    schema: { type: 'string', default: '' },
    help: 'off, or read=5000/3600,write=20/60,anonymous=50/60,grant=10/60 in any part (those)',
  },
  REDIS_URL: {
    schema: { type: 'string', default: '' },
    help: 'Redis or Valkey in which several instances share rate limits (none)',
  },
  WARM_UP: {
    schema: { type: 'integer', minimum: 0, maximum: 600 },
    help: 'seconds that a just started database practises on a large graph while nobody asks (40 for its own, 0 for another)',
  },
  PROFILE_MEMORY: {
    schema: { type: 'integer', minimum: 0, maximum: 10_000 },
    help: "MB of profiles that the service remembers (128, or a tenth of the container's or machine's memory if that is less; 0 for none); pages remembered take up to as much beside, whom viewers follow half of it",
  },
  MAX_FOLLOWING: {
    schema: { type: 'string', default: '' },
    help: 'how many users a user may follow (no limit)',
  },
  JWT_ISSUER: {
    schema: { type: 'string', default: '' },
    help: 'identity provider whose JWTs are user tokens (none)',
  },
  JWT_AUDIENCE: {
    schema: { type: 'string', default: '' },
    help: 'the audience those JWTs must name; needed with JWT_ISSUER',
  },
  JWT_USER_CLAIM: {
    schema: { type: 'string', default: 'sub' },
    help: 'the claim that holds the user id (sub)',
  },
  PUBLIC_URL: {
    schema: { type: 'string', default: '' },
    help: 'address under which clients reach the service, for links in User objects (http://HOST:PORT)',
  },
}

export type Config = {
  host: string
  port: number
  /** Null: start a database of our own. */
  neo4j: { uri: string; username: string; password: string; database: string } | null
  neo4jVersion: string | undefined
  logLevel: string
  trustProxy: number
  queryToken: boolean
  rateLimit: Limits | null
  redisUrl: string | undefined
  /** Seconds. */
  warmUp: number
  /** In characters. */
  profileMemory: number
  maxFollowing: bigint | null
  jwt: { issuer: string; audience: string; userClaim: string } | null
  publicUrl: string | undefined
  cacheDir: string
  javaHome: string | undefined
  dockerHost: string | undefined
  /** Colour and progress bars only where somebody looks. */
  stderrIsTty: boolean
}

/** A setting that cannot be used; the message names it and says how to mend it. */
export class ConfigError extends Error {}

/** Reads and checks the environment; `settings` win over it. */
export function readConfig(settings: Record<string, string | undefined> = {}): Config {
  const env: NodeJS.ProcessEnv = { ...process.env, ...settings }
  const blank = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const properties = Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema]))
  let values: Record<string, string | number>
  try {
    values = envSchema({
      schema: { type: 'object', properties },
      data: blank,
      dotenv: false,
      env: false,
    }) as Record<string, string | number>
  } catch (error) {
    const first = (error as { errors?: { instancePath?: string; message?: string }[] }).errors?.[0]
    const name = first?.instancePath?.slice(1) ?? 'a setting'
    throw new ConfigError(
      `The setting ${name} ${first?.message ?? 'is not valid'}: ${SETTINGS[name]?.help ?? ''}.`,
    )
  }
  const text = (name: string) => String(values[name])
  const optional = (name: string) => (text(name) === '' ? undefined : text(name))
  const uri = text('NEO4J_URI')
  if (uri !== '' && !/^(bolt|neo4j)(\+s|\+ssc)?:\/\/[^/]+/.test(uri)) {
    throw new ConfigError(
      'The setting NEO4J_URI must be an address such as bolt://localhost:7687 or neo4j+s://example.org.',
    )
  }
  if (uri === '' && (env.NEO4J_PASSWORD || env.NEO4J_USERNAME)) {
    throw new ConfigError(
      'NEO4J_USERNAME or NEO4J_PASSWORD is set and NEO4J_URI is not: set NEO4J_URI too, or unset them to get a database of its own.',
    )
  }
  if (uri !== '' && text('NEO4J_PASSWORD') === '') {
    throw new ConfigError(
      'NEO4J_URI is set and NEO4J_PASSWORD is not: set the password of that database, or unset NEO4J_URI to get a database of its own.',
    )
  }
  const issuer = text('JWT_ISSUER')
  if (issuer !== '' && text('JWT_AUDIENCE') === '')
    throw new ConfigError('JWT_ISSUER is set and JWT_AUDIENCE is not: set the audience that its tokens name.')
  if (issuer !== '' && !/^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$))/.test(issuer)) {
    throw new ConfigError('The setting JWT_ISSUER must be an https address (http only for localhost).')
  }
  const publicUrl = optional('PUBLIC_URL')?.replace(/\/+$/, '')
  if (publicUrl !== undefined && !/^https?:\/\/[^\s"<>\\]+$/.test(publicUrl)) {
    throw new ConfigError('The setting PUBLIC_URL must be an address such as https://api.example.org.')
  }
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
    neo4jVersion: optional('NEO4J_VERSION'),
    logLevel: text('LOG_LEVEL'),
    trustProxy: Number(values.TRUST_PROXY),
    queryToken: text('QUERY_TOKEN') === 'on',
    rateLimit: rateLimit(text('RATE_LIMIT')),
    redisUrl: optional('REDIS_URL'),
    warmUp: Number(values.WARM_UP ?? (uri === '' ? 40 : 0)),
    profileMemory: Number(values.PROFILE_MEMORY ?? Math.min(128, memoryMb() / 10)) * 1_000_000,
    maxFollowing: maxFollowing(text('MAX_FOLLOWING')),
    jwt: issuer === '' ? null : { issuer, audience: text('JWT_AUDIENCE'), userClaim: text('JWT_USER_CLAIM') },
    publicUrl,
    cacheDir: join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'follow-graph'),
    javaHome: env.JAVA_HOME || undefined,
    dockerHost: env.DOCKER_HOST || undefined,
    stderrIsTty: process.stderr.isTTY === true,
  }
}

// Without a limit Node gives zero, or more than any machine has.
const memoryMb = (): number =>
  Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()) / 1_000_000

function maxFollowing(text: string): bigint | null {
  if (text === '') return null
  if (!/^\d{1,18}$/.test(text))
    throw new ConfigError('The setting MAX_FOLLOWING must be a whole number, or be left out for no limit.')
  return BigInt(text)
}

function rateLimit(text: string): Limits | null {
  if (text === 'off') return null
  const limits: Limits = { ...DEFAULT_LIMITS }
  for (const part of text === '' ? [] : text.split(',')) {
    const [, name, points, seconds] =
      part.trim().match(/^(read|write|anonymous|grant)=(\d{1,9})\/(\d{1,7})$/) ?? []
    if (name === undefined || Number(points) === 0 || Number(seconds) === 0) {
      throw new ConfigError(
        'The setting RATE_LIMIT must be off, or parts such as read=5000/3600,write=20/60,anonymous=50/60,grant=10/60 (requests/seconds).',
      )
    }
    limits[name as keyof Limits] = { points: Number(points), seconds: Number(seconds) }
  }
  return limits
}

/** The settings as lines for `serve --help`. */
export const settingsHelp = (): string =>
  Object.entries(SETTINGS)
    .map(([name, { help }]) => `  ${name.padEnd(16)} ${help}`)
    .join('\n')

/** What the settings say about a database of our own, beside its folder. */
export function ownDatabaseSettings(config: Config) {
  const { cacheDir, neo4jVersion: version, javaHome, dockerHost } = config
  return {
    cacheDir,
    ...(version === undefined ? {} : { version }),
    ...(javaHome === undefined ? {} : { javaHome }),
    ...(dockerHost === undefined ? {} : { dockerHost }),
  }
}
