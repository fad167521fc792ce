// The image and docker-compose.yml, as a person uses them: build, up, write, down, up, read.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PARALLELISM } from '../../src/startup/check-java.ts'
import { freePort } from '../support/free-port.ts'
import { cypher, docker, ENGINE, temporaryFolder, until } from './support.ts'

const root = temporaryFolder()
const IMAGE = 'follow-graph:test'

describe('the image', () => {
  beforeAll(() => {
    const began = performance.now()
    docker('build', '--quiet', '--tag', IMAGE, '.')
    console.log(`docker build: ${((performance.now() - began) / 1000).toFixed(1)} s`)
  })

  it('holds what the service needs and nothing besides, and runs as node', () => {
    const inside = (script: string) =>
      docker('run', '--rm', '--entrypoint', 'sh', IMAGE, '-c', script).split('\n')
    expect(inside('ls -A /app').sort()).toEqual(['cypher', 'dist', 'node_modules', 'package.json'])
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>
    }
    const wanted = Object.entries(lock.packages)
      .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
      .map(([path]) => path)
    expect(
      inside('cd /app && find node_modules -name package.json -path "*node_modules/*"').length,
    ).toBeGreaterThan(50)
    const packages = inside(
      'cd /app && find node_modules -type d \\( -path "*/node_modules/*" -o -path "node_modules/*" \\) -exec test -e "{}/package.json" ";" -print',
    ).filter((path) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/.test(path))
    expect(packages.sort()).toEqual(wanted.sort())
    expect(inside('find /app -type d -empty')).toEqual([''])
    expect(inside('id -un')).toEqual(['node'])
    expect(docker('run', '--rm', '--read-only', IMAGE, 'serve', '--help')).toContain('NEO4J_URI')
  })

  it('says what it lacks where no database is named', () => {
    let said = ''
    try {
      docker('run', '--rm', IMAGE)
    } catch (error) {
      said = (error as { stderr: string }).stderr
    }
    expect(said.trim()).toMatch(
      /^The data folder \/app\/\.follow-graph cannot be written .* or set NEO4J_URI/,
    )
  })
})

describe('docker-compose.yml', () => {
  // Whatever a shell, YAML, an URL or NEO4J_AUTH might take for its own.
  const password = `-a/b$c \${d} "e" 'f' #g \\h %i ä&=?:@!*`
  const file = join(root, 'docker-compose.yml')
  const ports = { service: 0, browser: 0, bolt: 0 }
  const project = `fg${process.pid}`
  const compose = (...args: string[]) =>
    execFileSync(
      // Away from a terminal: at one that is not its own, docker-compose is stopped and waits for ever.
      'setsid',
      [
        '--wait',
        'docker-compose',
        '--file',
        file,
        '--project-directory',
        '.',
        '--project-name',
        project,
        ...args,
      ],
      {
        env: { ...process.env, DOCKER_HOST: ENGINE, DOCKER_BUILDKIT: '0', NEO4J_PASSWORD: password },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        maxBuffer: 1e9,
      },
    )
  const up = async () => {
    compose('up', '--build', '--detach')
    await until('the service is ready', 200_000, async () => {
      const answer = await fetch(`http://127.0.0.1:${ports.service}/health/ready`, {
        // Docker's proxy takes connections before anybody answers them.
        signal: AbortSignal.timeout(5_000),
      }).catch(() => undefined)
      return answer?.status === 200
    })
  }
  const inService = (...args: string[]) =>
    JSON.parse(compose('exec', '-T', 'follow-graph', 'node', 'dist/cli.js', ...args))

  beforeAll(async () => {
    for (const name of ['service', 'browser', 'bolt'] as const) ports[name] = await freePort()
    // Its own ports may be in use on this machine; nothing else is changed.
    const text = readFileSync('docker-compose.yml', 'utf8')
      .replace('127.0.0.1:3000:3000', `127.0.0.1:${ports.service}:3000`)
      .replace('127.0.0.1:7474:7474', `127.0.0.1:${ports.browser}:7474`)
      .replace('127.0.0.1:7687:7687', `127.0.0.1:${ports.bolt}:7687`)
    writeFileSync(file, text)
  })
  afterAll(() => {
    compose('down', '--volumes', '--rmi', 'local')
  })

  it('brings up both, keeps what is written, and takes any password', { timeout: 600_000 }, async () => {
    const began = performance.now()
    await up()
    console.log(`docker-compose up: ready after ${((performance.now() - began) / 1000).toFixed(1)} s`)
    const ada = inService('user', 'create', '--username', 'ada')
    const bo = inService('user', 'create', '--username', 'bo')
    const { access_token } = inService('token', 'create', '@ada', '--scope', 'follow,basic')
    const base = `http://127.0.0.1:${ports.service}/stream/0`
    const headers = { Authorization: `Bearer ${access_token}` }
    expect((await fetch(`${base}/users/${bo.id}/follow`, { method: 'POST', headers })).status).toBe(200)

    compose('down')
    await up()
    const followers = await fetch(`${base}/users/${bo.id}/followers`, { headers })
    expect(await followers.json()).toMatchObject({ data: [{ id: ada.id, username: 'ada' }] })
    // As docs/operations.md asks of every Neo4j.
    const place = { uri: `bolt://127.0.0.1:${ports.bolt}`, username: 'neo4j', password }
    expect(
      await cypher(
        place,
        `SHOW SETTINGS YIELD name, value WHERE name IN ['db.lock.acquisition.timeout', 'db.relationship_grouping_threshold']
         RETURN name, value ORDER BY name`,
      ),
    ).toEqual([
      ['db.lock.acquisition.timeout', '2s'],
      ['db.relationship_grouping_threshold', '1'],
    ])
    expect(await cypher(place, PARALLELISM)).toEqual([[256n]])
    // Neo4j Browser's part of it: discovery by HTTP.
    expect((await fetch(`http://127.0.0.1:${ports.browser}`)).status).toBe(200)
  })
})
