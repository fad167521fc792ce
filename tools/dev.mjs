// Runs the service for a developer (`npm run dev`): it starts again whenever the compiler has written dist/, and when a query in cypher/ has changed.
// The database stays up meanwhile, because a Neo4j takes eight seconds to start. With NEO4J_URI set, that database is used.
import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { createInterface } from 'node:readline'

const QUIET_MS = 300
const COMPILED = /Found 0 errors/
const TSC = [
  'node_modules/typescript/bin/tsc',
  '-p',
  'tsconfig.build.json',
  '--watch',
  '--preserveWatchOutput',
]
const VITE = ['node_modules/vite/bin/vite.js', 'build', '--watch', '--config', 'src/explorer/vite.config.mjs']
// Groups of their own: Ctrl-C would reach them twice, from the terminal and from `stop`, and a second signal ends a service at once.
const node = (args, options) =>
  spawn(process.execPath, args, { stdio: 'inherit', detached: true, ...options })
const linesOf = (child) => createInterface({ input: child.stdout })
const isRunning = (child) => child?.exitCode === null && child.signalCode === null

let database
let service
let stopping = false
let timer

const compiler = node(TSC, { stdio: ['ignore', 'pipe', 'inherit'] })
const explorer = node(VITE)
const connection = process.env.NEO4J_URI ? Promise.resolve({}) : startDatabase()
linesOf(compiler).on('line', (line) => {
  console.error(line)
  if (COMPILED.test(line)) soon()
})
watch('cypher', { recursive: true }, soon)
// The service keeps the page's files in memory.
watch('dist/explorer', { recursive: true }, soon)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop)

function startDatabase() {
  database = node(['dist/cli.js', 'neo4j'], { stdio: ['ignore', 'pipe', 'inherit'] })
  database.once('exit', stop)
  return new Promise((resolve) =>
    linesOf(database).once('line', (line) => {
      const { uri, username, password } = JSON.parse(line)
      resolve({ NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password })
    }),
  )
}

function soon() {
  clearTimeout(timer)
  timer = setTimeout(start, QUIET_MS)
}

async function start() {
  const env = { ...process.env, ...(await connection) }
  if (stopping) return
  if (isRunning(service)) {
    // SIGINT, because it closes idle connections at once.
    service.kill('SIGINT')
    return service.once('exit', soon)
  }
  // The sample's tokens stay valid: only the first start prints some.
  service = node(['dist/cli.js', 'serve', ...(service === undefined ? ['--sample'] : [])], { env })
}

function stop() {
  if (stopping) return
  stopping = true
  const rest = [service, database].filter(isRunning)
  for (const child of rest) child.kill('SIGINT')
  // The whole group: the compiler is a child of `tsc`, which passes no signal on.
  for (const child of [compiler, explorer].filter(isRunning)) process.kill(-child.pid, 'SIGTERM')
  Promise.all(rest.map((child) => new Promise((done) => child.once('exit', done)))).then(() =>
    process.exit(0),
  )
}
