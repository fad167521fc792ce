// Knows how the patches of patches.mjs are tried: each alone in a copy of the tree, its tests run there, one must fail.
// `npm run test:sabotage [n…]` tries all, or those numbered; NEO4J_URI and NEO4J_PASSWORD name a database that may be used.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { foldersOfRuns } from '../house/runs.mjs'
import { applyEach } from './apply.mjs'
import { PATCHES } from './patches.mjs'

const COPIED = [
  ...['src', 'test', 'cypher', 'docs', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'dist'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
  ...[
    'vitest.config.ts',
    'vitest.faults.config.ts',
    'vitest.wide.config.ts',
    'docker-compose.yml',
    'Dockerfile',
    'knip.json',
  ],
]
const PATIENCE_MS = 240_000
const CONFIGS = new Map(foldersOfRuns())

const wanted = process.argv.slice(2).map(Number)
const unknown = wanted.filter((n) => !PATCHES.some((patch) => patch.n === n))
if (unknown.length > 0) {
  console.error(`There is no patch ${unknown.join(', ')}: they are numbered 1 to ${PATCHES.length}.`)
  process.exit(2)
}
const chosen = wanted.length === 0 ? PATCHES : PATCHES.filter(({ n }) => wanted.includes(n))

const tree = mkdtempSync(join(tmpdir(), 'follow-graph-sabotage-'))
let database
process.on('exit', () => {
  database?.kill('SIGTERM')
  rmSync(tree, { recursive: true, force: true, maxRetries: 5 })
})
for (const name of COPIED) cpSync(name, join(tree, name), { recursive: true, force: true })
symlinkSync(resolve('node_modules'), join(tree, 'node_modules'))

const env = { ...process.env, NO_COLOR: '1', ...(await connection()) }

/** One database for all of them: the one of the environment, else one of our own for as long as this runs. */
async function connection() {
  if (process.env.NEO4J_URI) return {}
  database = spawn(process.execPath, ['dist/cli.js', 'neo4j', '--data', join(tree, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  for await (const piece of database.stdout) {
    said += piece
    if (said.includes('\n')) break
  }
  const { uri, password } = JSON.parse(said)
  return { NEO4J_URI: uri, NEO4J_PASSWORD: password }
}

/** Runs one test file in the copy; answers the names of the tests that failed, or null where none of them ran. */
function failing({ file, only }) {
  const report = join(tree, 'report.json')
  rmSync(report, { force: true })
  const [, folder] = file.split('/')
  const config = ['--config', CONFIGS.get(folder)]
  const filter = only === undefined ? [] : ['-t', only]
  const { stderr, stdout } = spawnSync(
    'node_modules/.bin/vitest',
    ['run', file, ...config, ...filter, '--retry=0', '--reporter=json', `--outputFile=${report}`],
    { cwd: tree, env, timeout: PATIENCE_MS, encoding: 'utf8' },
  )
  let results
  try {
    results = JSON.parse(readFileSync(report, 'utf8')).testResults
  } catch {
    return { failed: null, output: `${stdout}${stderr}` }
  }
  const tests = results.flatMap(({ assertionResults }) => assertionResults)
  // A file that breaks while it sets the scene has no tests to name.
  const broken = results.filter((one) => one.status === 'failed' && one.assertionResults.length === 0)
  const failed = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName.trim())
  if (broken.length > 0) return { failed: [`(set-up) ${broken[0].message.split('\n')[0].slice(0, 100)}`] }
  const ran = tests.some(({ status }) => status === 'passed' || status === 'failed')
  return { failed: ran ? failed : null, output: `${stdout}${stderr}` }
}

const keyOf = ({ file, only }) => `${file}${only === undefined ? '' : ` -t "${only}"`}`
const rows = []
const faults = []
const began = Date.now()

// Without a patch all must pass, or nothing is shown by a failure.
const runs = [...new Map(chosen.flatMap(({ tests }) => tests).map((test) => [keyOf(test), test])).values()]
for (const test of runs) {
  const { failed, output } = failing(test)
  if (failed === null) faults.push(`${keyOf(test)}: no test ran, with no patch at all\n${output}`)
  else if (failed.length > 0) faults.push(`${keyOf(test)} fails with no patch at all: ${failed[0]}`)
}
console.error(`${runs.length} runs without a patch in ${Math.round((Date.now() - began) / 1000)} s`)

const applied = applyEach(chosen)
for (const [place, { n, file, why, tests }] of chosen.entries()) {
  const { text, fault } = applied[place]
  if (fault !== undefined) {
    faults.push(`patch ${n} no longer applies: ${fault}`)
    continue
  }
  const path = join(tree, file)
  const original = readFileSync(path, 'utf8')
  writeFileSync(path, text)
  for (const test of tests) {
    if (test.built) spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { cwd: tree, env })
    const { failed, output } = failing(test)
    if (failed === null) faults.push(`patch ${n}: no test of ${keyOf(test)} ran\n${output}`)
    else if (failed.length === 0) faults.push(`patch ${n} (${why}) survives ${keyOf(test)}`)
    const more = (failed?.length ?? 0) > 1 ? ` (and ${failed.length - 1} more)` : ''
    rows.push(
      `| ${n} | ${why} | \`${file}\` | ${failed?.[0] === undefined ? '**survived**' : `\`${test.file.slice(5, -8)}\`: ${failed[0]}${more}`} |`,
    )
    console.error(rows.at(-1))
  }
  writeFileSync(path, original)
}

console.log(['| n | what is broken | where | caught by |', '| --- | --- | --- | --- |', ...rows].join('\n'))
for (const fault of faults) console.error(fault)
console.error(
  `${chosen.length} patches, ${faults.length} faults, ${Math.round((Date.now() - began) / 1000)} s`,
)
process.exit(faults.length === 0 ? 0 : 1)
