// Runs the long forms of the promises in docs/reliability.md, one after the other: `npm run promises -- [--only 4,12] [--again]`.
// What came out is kept in .promises.json, so that a run that was ended goes on where it was; a failed one is tried again by the next run.
// Let the machine do nothing else meanwhile: the load average at the start of each is written down with its figures.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const RESULTS = '.promises.json'
const run = (config, file, only) => ({ config, file, only })
const faults = (file, only) => run('faults', `test/faults/${file}.test.ts`, only)
const memory = (file) => run('faults', `test/memory/${file}.test.ts`)
const races = (file) => run('faults', `test/races/${file}.test.ts`)
const main = (file) => run(undefined, `test/${file}.test.ts`)
const wide = (file) => run('wide', `test/${file}.test.ts`)
const packed = (file) => run('packed', `test/${file}.test.ts`)
// Needs `test/clients/install.sh` first.
const clients = (file) => run('clients', `test/${file}.test.ts`)
// Needs an engine: `test/containers/engine.sh npm run promises -- --only 35`.
const containers = (file) => run('containers', `test/${file}.test.ts`)

/** The tests of each promise. */
const PROMISES = {
  1: [faults('database', '^1:')],
  2: [faults('line', '^2:')],
  3: [races('pairs')],
  4: [faults('line', '^4:'), main('unit/history')],
  5: [races('paging')],
  6: [races('paging'), faults('shortened')],
  7: [faults('at-rest'), races('histories'), packed('audit/audit')],
  8: [faults('process', '^8 and 23:'), clients('redis/instances')],
  9: [faults('model')],
  10: [main('contract/verdict')],
  11: [faults('contention')],
  12: [faults('line', '^12:')],
  13: [faults('database', '^13:')],
  14: [faults('hostile', '^14:')],
  15: [faults('leak')],
  16: [faults('long/long-list')],
  17: [faults('hostile', '^17:'), faults('stream')],
  18: [faults('hostile', '^18:')],
  19: [faults('raw'), clients('clients/schemathesis')],
  20: [wide('access/access-matrix')],
  21: [faults('assignment'), main('contract/profile')],
  22: [faults('process', '^22:'), faults('secrets-at-rest')],
  23: [faults('process', '^8 and 23:')],
  24: [main('unit/jwt'), main('unit/jwt-keys')],
  25: [faults('hostile', '^25:'), faults('rank-sum')],
  26: ['rate-limit', 'shared', 'instances']
    .map((file) => clients(`redis/${file}`))
    .concat(main('contract/rate-limit')),
  27: [faults('process', '^27:')],
  28: [faults('long/import-killed'), wide('transfer/round-trip')],
  29: [wide('transfer/round-trip'), packed('database/schema')],
  30: [packed('database/own'), faults('long/own-database')],
  31: [faults('events'), packed('log/log')],
  32: [memory('never-stale')],
  33: [faults('writers'), faults('long/soak')],
  34: [main('events/webhook-address')],
  35: [run(undefined, 'test/contract'), packed('database/own'), packed('database/login')].concat(
    ['database', 'image'].map((file) => containers(`containers/${file}`)),
  ),
  36: ['quotes', 'text-in-files', 'files', 'lists']
    .map((file) => wide(`outside/${file}`))
    .concat(faults('import-fast-road'), wide('transfer/round-trip')),
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, again: { type: 'boolean', default: false } },
})
const chosen = values.only?.split(',') ?? Object.keys(PROMISES)
const unknown = chosen.filter((number) => !(number in PROMISES))
if (unknown.length > 0) {
  console.error(`There is no promise ${unknown.join(', ')}: they are ${Object.keys(PROMISES).join(', ')}.`)
  process.exit(2)
}
const results = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {}
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()

execFileSync('npm', ['run', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] })
for (const number of chosen) {
  if (results[number]?.passed === true && !values.again) {
    console.error(`${number}: done on ${results[number].date} (--again runs it again)`)
    continue
  }
  const began = Date.now()
  const load = Math.round(loadavg()[0])
  const lines = []
  let passed = true
  for (const test of PROMISES[number]) passed = (await vitest(test, lines)) && passed
  const seconds = Math.round((Date.now() - began) / 1000)
  results[number] = { date: new Date(began).toISOString().slice(0, 16), commit, load, seconds, passed, lines }
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
}
for (const number of chosen) {
  const { passed, date, load, seconds, lines } = results[number]
  console.log(`${number}: ${passed ? 'passed' : 'FAILED'}, ${date}, load ${load}, ${seconds} s`)
  for (const line of lines) console.log(`  ${line}`)
}
process.exitCode = chosen.every((number) => results[number].passed) ? 0 : 1

/** Runs one test file in its long form; `lines` gets what it says of promises. */
async function vitest({ config, file, only }, lines) {
  const args = ['node_modules/vitest/vitest.mjs', 'run', file, '--retry=0', '--testTimeout=3600000']
  if (config !== undefined) args.push('--config', `vitest.${config}.config.ts`)
  if (only !== undefined) args.push('-t', only)
  const env = { ...process.env, FAULTS: 'long', NO_COLOR: '1' }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  // Vitest prints what a test writes to stderr on its own stderr.
  const read = async (input) => {
    for await (const line of createInterface({ input })) {
      console.error(line)
      if (line.startsWith('promise ')) lines.push(line)
    }
  }
  await Promise.all([read(child.stdout), read(child.stderr)])
  const [status] = await ended
  return status === 0
}
