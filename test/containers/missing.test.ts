// What there is not: images, an engine, a choice that can be kept. Last of all an engine that goes away.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  cypher,
  databases,
  docker,
  ENGINE_DIR,
  isClean,
  NEO4J_IMAGE,
  program,
  REAPER_IMAGE,
  temporaryFolder,
} from './support.ts'

const root = temporaryFolder()
const data = join(root, 'data')
const neo4j = (args: string[] = [], env = {}) => program(['neo4j', '--data', data, ...args], env)

// The image keeps another name meanwhile; the engine cannot fetch it, because no registry is reached.
const hidden = new Set<string>()
function hide(image: string): void {
  docker('tag', image, `${image.replace(/[/:]/g, '-')}:hidden`)
  docker('rmi', image)
  hidden.add(image)
}
afterEach(() => {
  for (const image of hidden) docker('tag', `${image.replace(/[/:]/g, '-')}:hidden`, image)
  hidden.clear()
})

describe('where an image cannot be fetched', () => {
  it("that is the reaper's, the database runs without it", async () => {
    hide(REAPER_IMAGE)
    const run = neo4j()
    await run.printed()
    expect(databases()).toHaveLength(1)
    expect(run.told()).toMatch(/^Starting Neo4j [\d.]+ on .* in Docker …\n$/)
    run.child.kill('SIGINT')
    expect(await run.exited).toBe(0)
    expect(isClean(data)).toBe(true)
  })

  it("that is Neo4j's, Java takes its place and says so", async () => {
    hide(NEO4J_IMAGE)
    const run = neo4j()
    const place = await run.printed()
    expect(run.told()).toMatch(
      new RegExp(
        `^The image ${NEO4J_IMAGE} is not here and could not be fetched \\(.*\\): Java takes its place\\.$`,
        'm',
      ),
    )
    expect(databases()).toEqual([])
    expect(await cypher(place, 'RETURN 1')).toEqual([[1n]])
    run.child.kill('SIGINT')
    expect(await run.exited).toBe(0)
  })

  it("that is Neo4j's and Docker was asked for, one sentence says what to do", async () => {
    hide(NEO4J_IMAGE)
    const run = neo4j(['--database', 'docker'])
    expect(await run.exited).toBe(1)
    expect(run.told().trim().split('\n').at(-1)).toMatch(
      /^The image .* could not be fetched \(.*\): check that Docker can fetch it, or set DATABASE=java, or set NEO4J_URI to your own Neo4j\.$/,
    )
    expect(isClean(data)).toBe(true)
  })
})

describe('a choice', () => {
  it('that cannot be kept ends with a sentence, and never with the other one', async () => {
    const run = neo4j([], { DATABASE: 'docker', DOCKER_HOST: 'unix:///nobody.sock' })
    expect(await run.exited).toBe(1)
    expect(run.told().trim()).toBe(
      'No Docker engine answers at unix:///nobody.sock (DOCKER_HOST): start Docker, or set DATABASE=java, or set NEO4J_URI to your own Neo4j.',
    )
  })

  it('that is none is refused, and the help names both', async () => {
    const wrong = neo4j([], { DATABASE: 'oracle' })
    expect(await wrong.exited).toBe(2)
    expect(wrong.told()).toMatch(/^The setting DATABASE must be one of docker, java: .*docker or java/)
    const flag = program(['serve', '--database', 'oracle'])
    expect(await flag.exited).toBe(2)
    expect(flag.told()).toMatch(/'oracle' is invalid. Allowed choices are docker, java/)
    const both = program(['serve', '--database', 'docker'], {
      NEO4J_URI: 'bolt://127.0.0.1:1',
      NEO4J_PASSWORD: 'x',
    })
    expect(await both.exited).toBe(2)
    expect(both.told()).toMatch(/^NEO4J_URI is set: unset it .* or leave out --database\./)
    const help = execFileSync(process.execPath, ['dist/cli.js', 'serve', '--help'], { encoding: 'utf8' })
    expect(help).toMatch(/^ {2}--database <kind> +.*choices:\s+"docker",\s+"java"/ms)
    expect(help).toMatch(/^ {2}DATABASE +what runs the own database: docker or java/m)
  })
})

it('an engine that goes away ends serve with 1; when it is back the next start ends what was left', async () => {
  const serve = program(['serve', '--data', data, '--database', 'docker'])
  await serve.printed()
  process.kill(Number(readFileSync(join(ENGINE_DIR, 'docker.pid'), 'utf8')), 'SIGKILL')
  const began = performance.now()
  expect(await serve.exited).toBe(1)
  expect(performance.now() - began).toBeLessThan(60_000)
  expect(serve.told()).toMatch(
    /^The Docker engine at unix:.* has ended, and Neo4j in it: start Docker, then start again\.$/m,
  )
  execFileSync('bash', ['test/containers/start-engine.sh', ENGINE_DIR])
  const again = neo4j(['--database', 'docker'])
  await again.printed()
  expect(databases()).toHaveLength(1)
  again.child.kill('SIGINT')
  expect(await again.exited).toBe(0)
  expect(isClean(data)).toBe(true)
})
