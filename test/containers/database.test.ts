// The database of our own in Docker, from a person's side: started, interrupted, killed, moved; on a real engine.
// Long, because all of it needs the same engine and folder.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PARALLELISM } from '../../src/startup/check-java.ts'
import { startFollowGraph } from '../../src/testing.ts'
import {
  cypher,
  databases,
  docker,
  done,
  ENGINE,
  isClean,
  program,
  temporaryFolder,
  until,
} from './support.ts'

const root = temporaryFolder()
const data = join(root, 'data')
const neo4j = (env = {}) => program(['neo4j', '--data', data], env)
const WITHOUT_REAPER = { TESTCONTAINERS_RYUK_DISABLED: 'true' }

describe('serve on Docker', () => {
  it('works, publishes Bolt alone and that on the loopback, hides the password, and Ctrl-C ends both', async () => {
    const began = performance.now()
    const serve = program(['serve', '--data', data, '--database', 'docker'])
    const { url } = await serve.printed()
    console.log(
      `serve on Docker, empty folder: ready after ${((performance.now() - began) / 1000).toFixed(1)} s`,
    )
    expect(serve.told()).toMatch(/Starting Neo4j .* in Docker/)
    expect(await done(['user', 'create', '--username', 'ada', '--data', data])).toMatchObject({
      username: 'ada',
    })
    const answer = await fetch(`${url}/stream/0/users/@ada`)
    expect(await answer.json()).toMatchObject({ data: { username: 'ada' } })

    const [id] = databases() as [string]
    const [seen] = JSON.parse(docker('inspect', id))
    const bound = Object.entries(seen.NetworkSettings.Ports).filter(([, to]) => to !== null)
    expect(bound).toEqual([['7687/tcp', [expect.objectContaining({ HostIp: '127.0.0.1' })]]])
    expect(JSON.stringify(seen)).not.toContain(readFileSync(join(data, 'password'), 'utf8').trim())

    serve.child.kill('SIGINT')
    expect(await serve.exited).toBe(0)
    expect(isClean(data)).toBe(true)
  })

  it('keeps its data from Docker to Java and back', async () => {
    const java = program(['neo4j', '--data', data, '--database', 'java'])
    const there = await java.printed()
    expect(java.told()).not.toMatch(/in Docker/)
    expect(await cypher(there, "MATCH (u:User {username: 'ada'}) RETURN count(u)")).toEqual([[1n]])
    await cypher(there, 'CREATE (:Moved)')
    java.child.kill('SIGINT')
    expect(await java.exited).toBe(0)

    const again = neo4j({ DATABASE: 'docker' })
    const place = await again.printed()
    expect(await cypher(place, 'MATCH (m:Moved) RETURN count(m)')).toEqual([[1n]])
    expect(await cypher(place, PARALLELISM)).toEqual([[256n]])
    again.child.kill('SIGTERM')
    expect(await again.exited).toBe(0)
    expect(isClean(data)).toBe(true)
  })
})

describe('a start that is interrupted', () => {
  const moments: [string, (serve: ReturnType<typeof program>) => Promise<unknown>][] = [
    ['after 1 s', () => sleep(1_000)],
    ['after 3 s', () => sleep(3_000)],
    ['after 6 s', () => sleep(6_000)],
    ['when the container is there', () => until('a container', 60_000, () => databases().length > 0)],
    [
      'when the database answers',
      () => until('an address', 120_000, () => existsSync(join(data, 'address'))),
    ],
  ]
  it.each(moments)('%s leaves neither container nor lock', async (_, moment) => {
    const serve = program(['serve', '--data', data, '--database', 'docker'])
    await moment(serve)
    serve.child.kill('SIGINT')
    // As a shell expects: by the signal, as on Java. The service may have been there already.
    expect(['SIGINT', 0]).toContain(await serve.exited)
    expect(isClean(data)).toBe(true)
  })

  it('is ended by SIGTERM just the same, and on Java too', async () => {
    for (const [name, database] of [
      ['SIGTERM', 'docker'],
      ['SIGINT', 'java'],
    ] as const) {
      const run = program(['neo4j', '--data', data, '--database', database])
      await until('a start', 60_000, () => run.told().includes('Starting Neo4j'))
      await sleep(2_000)
      run.child.kill(name)
      expect(await run.exited).toBe(name)
      expect(isClean(data)).toBe(true)
    }
  })

  it('in the middle of another command ends its container too', async () => {
    const file = join(root, 'users.csv')
    writeFileSync(
      file,
      `id,username\n${Array.from({ length: 200_000 }, (_, i) => `${i + 1},u${i + 1}\n`).join('')}`,
    )
    const run = program(['import', '--users', file, '--data', data, '--database-is-not-an-option'])
    expect(await run.exited).toBe(2)
    const running = program(['import', '--users', file, '--data', data], { DATABASE: 'docker' })
    await until('an address', 120_000, () => existsSync(join(data, 'address')))
    running.child.kill('SIGINT')
    expect(await running.exited).toBe('SIGINT')
    expect(isClean(data)).toBe(true)
  })
})

describe('a run that was killed', () => {
  it('leaves a container without a reaper, which the next start ends, and no other', async () => {
    const first = neo4j(WITHOUT_REAPER)
    await cypher(await first.printed(), 'CREATE (:Survivor)')
    const [left] = databases() as [string]
    first.child.kill('SIGKILL')
    await first.exited

    // A copy of the note alone: the container is not that folder's.
    const copy = join(root, 'copy')
    mkdirSync(copy)
    copyFileSync(join(data, 'container'), join(copy, 'container'))
    const other = program(['neo4j', '--data', copy], WITHOUT_REAPER)
    await other.printed()
    expect(databases()).toContain(left)
    expect(databases()).toHaveLength(2)

    const second = neo4j(WITHOUT_REAPER)
    expect(await cypher(await second.printed(), 'MATCH (s:Survivor) RETURN count(s)')).toEqual([[1n]])
    expect(second.told()).toContain('Ended a Neo4j that an earlier, killed run had left behind.')
    expect(databases()).not.toContain(left)
    expect(databases()).toHaveLength(2)
    for (const run of [other, second]) run.child.kill('SIGINT')
    expect([await other.exited, await second.exited]).toEqual([0, 0])
    expect(isClean(data)).toBe(true)
    rmSync(copy, { recursive: true })
  })

  it('is followed at once by the next one beside the reaper', async () => {
    const first = neo4j()
    await first.printed()
    first.child.kill('SIGKILL')
    await first.exited
    const second = neo4j()
    expect(await cypher(await second.printed(), 'MATCH (s:Survivor) RETURN count(s)')).toEqual([[1n]])
    // The first one's reaper comes after ten seconds, and takes what is its own alone.
    await sleep(12_000)
    expect(databases()).toHaveLength(1)
    expect(second.child.exitCode).toBe(null)
    second.child.kill('SIGINT')
    expect(await second.exited).toBe(0)
  })

  it('is ended as well where Java comes next, also by a folder under another name', async () => {
    const first = neo4j(WITHOUT_REAPER)
    await first.printed()
    first.child.kill('SIGKILL')
    await first.exited
    const moved = join(root, 'moved')
    renameSync(data, moved)
    const java = program(['neo4j', '--data', moved, '--database', 'java'])
    expect(await cypher(await java.printed(), 'MATCH (s:Survivor) RETURN count(s)')).toEqual([[1n]])
    expect(databases()).toEqual([])
    java.child.kill('SIGINT')
    expect(await java.exited).toBe(0)
    renameSync(moved, data)
  })
})

describe('a container that ends while serve runs', () => {
  it.each([
    ['kill', /^Neo4j was ended by signal 9: start again \(its logs are in .*\)\.$/m],
    ['rm --force', /^Neo4j's container was removed by somebody else: start again \(its logs are in .*\)\.$/m],
  ])('by docker %s is noticed: serve ends with 1', async (how, sentence) => {
    const serve = program(['serve', '--data', data, '--database', 'docker'])
    await serve.printed()
    docker(...how.split(' '), databases()[0] as string)
    const began = performance.now()
    expect(await serve.exited).toBe(1)
    expect(performance.now() - began).toBeLessThan(30_000)
    expect(serve.told()).toMatch(sentence)
    expect(isClean(data)).toBe(true)
  })
})

describe('the engine is found', () => {
  it('by the context of the docker command, and its container is left behind there and ended from anywhere', async () => {
    const config = join(root, 'docker-config')
    docker('--config', config, 'context', 'create', 'ours', '--docker', `host=${ENGINE}`)
    const env = { DOCKER_HOST: undefined, DOCKER_CONFIG: config, DOCKER_CONTEXT: 'ours', ...WITHOUT_REAPER }
    const first = neo4j(env)
    await first.printed()
    expect(databases()).toHaveLength(1)
    first.child.kill('SIGKILL')
    await first.exited
    const java = program(['neo4j', '--data', data, '--database', 'java'], { DOCKER_HOST: undefined })
    await java.printed()
    expect(databases()).toEqual([])
    java.child.kill('SIGINT')
    await java.exited
  })

  it('in XDG_RUNTIME_DIR', async () => {
    const run = join(root, 'run')
    mkdirSync(run)
    symlinkSync(ENGINE.replace('unix://', ''), join(run, 'docker.sock'))
    const first = neo4j({ DOCKER_HOST: undefined, XDG_RUNTIME_DIR: run })
    await first.printed()
    expect(databases()).toHaveLength(1)
    first.child.kill('SIGINT')
    expect(await first.exited).toBe(0)
  })
})

it('the kit works on Docker, and the next one ends the container of one that was killed', async () => {
  const settings = {
    DATABASE: 'docker',
    DOCKER_HOST: ENGINE,
    NEO4J_URI: '',
    NEO4J_USERNAME: '',
    NEO4J_PASSWORD: '',
  }
  const killed = program(['neo4j', '--data', join(root, '..', 'follow-graph-kit-killed')], WITHOUT_REAPER)
  await killed.printed()
  killed.child.kill('SIGKILL')
  await killed.exited
  const [left] = databases()
  const began = performance.now()
  const graph = await startFollowGraph({ settings })
  console.log(`the kit on Docker: ready after ${((performance.now() - began) / 1000).toFixed(1)} s`)
  try {
    expect(databases()).toHaveLength(1)
    expect(databases()).not.toContain(left)
    const [ada, bo] = [
      await graph.createUser({ username: 'ada' }),
      await graph.createUser({ username: 'bo' }),
    ]
    await graph.follow(ada, bo)
    const answer = await fetch(`${graph.url}/stream/0/users/${bo.id}/followers`, {
      headers: { Authorization: `Bearer ${await graph.tokenFor(ada)}` },
    })
    expect(await answer.json()).toMatchObject({ data: [{ username: 'ada' }] })
  } finally {
    await graph.stop()
  }
  expect(databases()).toEqual([])
  expect(existsSync(join(root, '..', 'follow-graph-kit-killed'))).toBe(false)
})

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
