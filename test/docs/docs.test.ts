// The shell blocks of the documentation run as they stand and print what the page says; the picture in it is the graph's.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putSample } from '../../src/commands/sample.ts'
import { readConfig } from '../../src/config.ts'
import { ownGraph } from '../support/own-graph.ts'
import { type Block, PAGES, pageOf } from './pages.ts'
import { elements, namesOf, sampleAmong } from './picture.ts'
import { agrees, commandsOf, type Workplace, workplace } from './shell.ts'

// Blocks that are not run, by how they begin. A fenced one can carry its reason itself: ```sh not-run: needs Docker
const NOT_RUN: { page: string; begins: string; reason: string }[] = [
  { page: 'README.md', begins: 'npm ci && npm start', reason: 'installs this checkout and takes port 3000' },
  { page: 'README.md', begins: 'npm ci && npm test', reason: '.ci/run does both' },
  { page: 'CONTRIBUTING.md', begins: 'npm ci\nnpm run check', reason: '.ci/run does all three' },
  { page: 'docs/performance.md', begins: 'npm --prefix bench ci', reason: 'an hour, and PostgreSQL' },
]
const NOT_SHELL: { page: string; begins: string; reason: string }[] = [
  { page: 'README.md', begins: 'src/cli.ts', reason: 'the map of the house' },
  { page: 'docs/analysts.md', begins: '{"clean"', reason: 'a report' },
]
const SHELL = ['sh', 'bash', 'shell', 'console']

const listed = (list: typeof NOT_RUN, block: Block) =>
  list.find(({ page, begins }) => page === block.page && block.text.startsWith(begins))
const isCypher = ({ language, text }: Block) =>
  language === 'cypher' || (language === '' && /^(MATCH|MERGE|CREATE|CALL) /.test(text))
const isShell = (block: Block) =>
  SHELL.includes(block.language) ||
  (block.language === '' && !isCypher(block) && listed(NOT_SHELL, block) === undefined)
const blocks = PAGES.flatMap((page) => pageOf(page).blocks)
const runs = (block: Block) =>
  !block.reason.startsWith('not-run:') &&
  (isCypher(block) || (isShell(block) && listed(NOT_RUN, block) === undefined))

const graph = ownGraph()
let place: Workplace

beforeAll(async () => {
  const config = readConfig(graph.settings())
  await putSample(config, graph.kit.neo4j)
  const token = await graph.kit.tokenFor('1', ['basic', 'follow', 'update_profile'])
  place = workplace({ ...graph.settings(), PORT: '0', LOG_LEVEL: 'silent', T: token }, [
    ['http://127.0.0.1:3000', graph.kit.url],
  ])
  // What a reader has: a list of users, one of follows, and a folder for pictures.
  const file = (name: string, content: string | Buffer) => writeFileSync(join(place.folder, name), content)
  file('users.csv', 'id,username\n9001,reader_one\n9002,reader_two\n')
  file('follows.csv.gz', gzipSync('follower_id,followee_id\n9001,9002\n'))
  mkdirSync(join(place.folder, 'docs'))
}, 120_000)
afterAll(() => place?.clear())

// First, while the graph is the sample as it is made.
describe('the picture', () => {
  it('of the sample has a circle a user and a curve a follow, and is the same each time', {
    timeout: 60_000,
  }, async () => {
    expect(
      await place.run('follow-graph picture > docs/sample.svg\nfollow-graph picture > again.svg'),
    ).toEqual([])
    const svg = readFileSync(join(place.folder, 'docs/sample.svg'), 'utf8')
    expect(readFileSync(join(place.folder, 'again.svg'), 'utf8')).toBe(svg)
    const expected = sampleAmong(250)
    const drawn = elements(svg)
    expect([drawn.get('circle'), drawn.get('path')]).toEqual([expected.users.length, expected.follows])
    expect(namesOf(svg)).toEqual(expected.users)
    expect(svg.length).toBeLessThan(300_000)
    // The one that docs/analysts.md shows; where a circle stands may differ in the last digit between engines.
    const shown = readFileSync('docs/sample.svg', 'utf8')
    expect([elements(shown), namesOf(shown)]).toEqual([drawn, namesOf(svg)])
  })

  it('has as many users as it is asked for', { timeout: 60_000 }, async () => {
    expect(await place.run('follow-graph picture --users 7 > few.svg')).toEqual([])
    const few = readFileSync(join(place.folder, 'few.svg'), 'utf8')
    expect([elements(few).get('path') ?? 0, namesOf(few)]).toEqual([
      sampleAmong(7).follows,
      sampleAmong(7).users,
    ])
    for (const count of ['0', '2001', 'x'])
      expect(
        await place.run(`follow-graph picture --users ${count} > none.svg; [ $? = 2 ] && [ ! -s none.svg ]`),
      ).toEqual([])
  })
})

describe('shell blocks', () => {
  const running = blocks.filter(runs)
  it.each(
    running.map((block) => [`${block.page}: ${block.text.split('\n')[0]?.slice(0, 70)}`, block] as const),
  )('%s', { timeout: 120_000 }, async (_, block) => {
    if (isCypher(block)) await graph.cypher(block.text.replace(/;\s*$/, ''))
    else expect(await place.run(block.text)).toEqual([])
  })

  it('all run, or say why not', () => {
    const shell = blocks.filter(isShell)
    const commands = running.filter(isShell).flatMap(({ text }) => commandsOf(text)).length
    console.log(
      `docs: ${running.length} blocks ran (${commands} commands, ${running.filter(isCypher).length} in Cypher); not run: ${shell.length - running.filter(isShell).length}`,
    )
    // An exception that no block needs any more is one too many.
    for (const entry of [...NOT_RUN, ...NOT_SHELL])
      expect([entry, blocks.filter((block) => listed([entry], block) !== undefined).length]).toEqual([
        entry,
        1,
      ])
    // Without a language a fenced block would count as shell by accident.
    expect(blocks.filter(({ indented, language }) => !indented && language === '')).toEqual([])
    expect(commands).toBeGreaterThan(12)
  })

  it('that are not run name scripts that exist, and what CI is said to do it does', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>
    }
    const ci = readFileSync('.ci/run', 'utf8')
    for (const { text } of blocks.filter((block) => isShell(block) && !runs(block)))
      for (const { command } of commandsOf(text)) {
        for (const [, script] of command.matchAll(/\bnpm run ([\w:]+)/g))
          expect(scripts).toHaveProperty([script!])
        for (const [, script] of command.matchAll(/\bnpm (start|test)\b/g))
          expect(scripts).toHaveProperty([script!])
      }
    for (const command of ['npm ci', 'npm run check', 'npm test']) expect(ci).toContain(`\n${command}`)
  })

  it('a wrong one is found', { timeout: 60_000 }, async () => {
    expect(await place.run('false\ntrue')).toEqual([expect.stringContaining('false\n  ended with 1')])
    expect(await place.run('echo \'{"a":1}\'\n# {"a":2}')).toEqual([
      expect.stringContaining('page has {"a":2}'),
    ])
    expect(await place.run('exit 3 # exit status 3 if so')).toEqual([])
    expect(await place.run('follow-graph imprt')).toEqual([expect.stringContaining('ended with 2')])
    expect(agrees('{"a": [1, 2], "b": 3}', '{"a":[1,…],"b":3}')).toBe(true)
    expect(agrees('{"a": [1, 2], "b": 3}', '{"a":[2,…],"b":3}')).toBe(false)
  })
})
