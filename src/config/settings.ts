// The table of settings: name, JSON schema with default, and help text.

type Setting = { schema: Record<string, unknown>; help: string }

/** The settings in the order of `serve --help` and docs/operations.md. */
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
    help: 'database to use, such as bolt://localhost:7687; without it the service starts its own database',
  },
  NEO4J_USERNAME: { schema: { type: 'string', default: 'neo4j' }, help: 'user of that database (neo4j)' },
  NEO4J_PASSWORD: {
    schema: { type: 'string', default: '' },
    help: 'password of that user; empty (NEO4J_PASSWORD=) for a database without a login',
  },
  NEO4J_DATABASE: {
    schema: { type: 'string', default: 'neo4j' },
    help: 'name of the database on that server (neo4j)',
  },
  DATABASE: {
    schema: { type: 'string', enum: ['docker', 'java'] },
    help: 'what runs the own database: docker or java (Docker if an engine answers, else Java)',
  },
  NEO4J_VERSION: {
    schema: { type: 'string', default: '' },
    help: 'version of the own Neo4j (2026.08.1; 5.26.30 on a Java older than 21)',
  },
  LOG_LEVEL: {
    schema: { type: 'string', enum: ['trace', 'debug', 'info', 'warn', 'error', 'silent'], default: 'info' },
    help: 'trace, debug, info, warn, error or silent (info)',
  },
  TRUST_PROXY: {
    schema: { type: 'integer', minimum: 0, maximum: 10, default: 0 },
    help: 'number of proxies in front of the service (0)',
  },
  QUERY_TOKEN: {
    schema: { type: 'string', enum: ['on', 'off'], default: 'on' },
    help: 'off: tokens in the URL are refused (on)',
  },
  EXPLORER: {
    schema: { type: 'string', enum: ['on', 'off'], default: 'on' },
    help: 'off: browsers get no page at / (on)',
  },
  RATE_LIMIT: {
    schema: { type: 'string', default: '' },
    help: 'off, or requests/seconds for some of read, write, anonymous, grant (read=5000/3600,write=20/60,anonymous=50/60,grant=10/60)',
  },
  REDIS_URL: {
    schema: { type: 'string', default: '' },
    help: 'Redis or Valkey in which several instances share rate limits (none)',
  },
  WARM_UP: {
    schema: { type: 'integer', minimum: 0, maximum: 600 },
    help: 'seconds for which an idle service warms up a large database after the start (40 for an own database, 0 otherwise)',
  },
  PLAN_AHEAD: {
    schema: { type: 'string', enum: ['on', 'off'], default: 'on' },
    help: 'off: only the commonest statements are planned at the start, for a service that runs for seconds (on)',
  },
  CLASS_ARCHIVE: {
    schema: { type: 'string', enum: ['on', 'off'], default: 'on' },
    help: "off: do not create and use an archive of Neo4j's classes (150 MB, once), which makes starts of the own database faster (on)",
  },
  MEMORY: {
    schema: { type: 'integer', minimum: 0, maximum: 10_000 },
    help: "MB of memory in which users, lists and tokens are kept (128, or a tenth of the container's or machine's memory if that is less; 0 turns it off)",
  },
  EVENTS_KEEP: {
    schema: { type: 'string', default: '' },
    help: 'how long events are kept, and how many at most; either part may be left out (days=7,most=1000000)',
  },
  WEBHOOKS_PRIVATE: {
    schema: { type: 'string', enum: ['on', 'off'], default: 'off' },
    help: 'on: webhooks may use private addresses and http, for development (off)',
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
    help: 'the audience that those JWTs must name; required with JWT_ISSUER',
  },
  JWT_USER_CLAIM: {
    schema: { type: 'string', default: 'sub' },
    help: 'the claim that holds the user id (sub)',
  },
  PUBLIC_URL: {
    schema: { type: 'string', default: '' },
    help: 'address under which clients reach the service, used in User objects (the address of each request)',
  },
}

/** The settings as lines for `serve --help`. */
export const settingsHelp = (): string =>
  Object.entries(SETTINGS)
    .map(([name, { help }]) => `  ${name.padEnd(16)} ${help}`)
    .join('\n')
