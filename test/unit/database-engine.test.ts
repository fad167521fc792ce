// Where a Docker engine is looked for, which one is taken, and that a search ends. Real engines are asked in test/containers/.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { enginePlaces, findEngine } from '../../src/database/engine.ts'

let home: string
let before: string | undefined
const servers: { close(): unknown }[] = []
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'follow-graph-engine-'))
  before = process.env.HOME
  process.env.HOME = home
})
afterEach(() => {
  process.env.HOME = before
  for (const server of servers.splice(0)) server.close()
  rmSync(home, { recursive: true })
})

// Listens as an engine does and says what it is.
async function engineAt(path: string, info: object = {}): Promise<string> {
  mkdirSync(join(path, '..'), { recursive: true })
  const server: Server = createServer((call, answer) => {
    if (call.url === '/_ping') answer.end('OK')
    else
      answer.end(
        JSON.stringify({ OSType: 'linux', SecurityOptions: ['name=seccomp,profile=default'], ...info }),
      )
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(path, done))
  return `unix://${path}`
}

function context(name: string, host: string): void {
  const folder = join(home, '.docker', 'contexts', 'meta', createHash('sha256').update(name).digest('hex'))
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'meta.json'),
    JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }),
  )
}

const hosts = (settings = {}) => enginePlaces(settings).map((engine) => engine.host)

describe('an engine is looked for', () => {
  it('at DOCKER_HOST first, but for what testcontainers has of its own', () => {
    expect(hosts({ host: 'unix:///a.sock' })[0]).toBe('unix:///a.sock')
    writeFileSync(
      join(home, '.testcontainers.properties'),
      'tc.host=tcp://127.0.0.1:1\ndocker.host = unix:///b.sock\n',
    )
    expect(hosts({ host: 'unix:///a.sock' }).slice(0, 2)).toEqual(['tcp://127.0.0.1:1', 'unix:///a.sock'])
    expect(hosts().slice(0, 2)).toEqual(['tcp://127.0.0.1:1', 'unix:///b.sock'])
  })

  it('with the certificates that were named, and only there', () => {
    const certified = enginePlaces({ host: 'tcp://localhost:2376', tls: true, certPath: '/certs' })
    expect(certified[0]).toEqual({ host: 'tcp://localhost:2376', certPath: '/certs' })
    expect(enginePlaces({ host: 'tcp://localhost:2376', certPath: '/certs' })[0]).not.toHaveProperty(
      'certPath',
    )
  })

  it.each(['.docker/run/docker.sock', '.docker/desktop/docker.sock'])('at ~/%s', async (path) => {
    expect(hosts()).not.toContain(`unix://${join(home, path)}`)
    const host = await engineAt(join(home, path))
    expect(await findEngine({})).toEqual({ engine: { host } })
  })

  it.each(['docker.sock', 'podman/podman.sock'])('in XDG_RUNTIME_DIR, as %s', async (path) => {
    const host = await engineAt(join(home, 'run', path))
    expect(await findEngine({ runtimeDir: join(home, 'run') })).toEqual({ engine: { host } })
  })

  it('where the context of the docker command leads, chosen by its settings or by DOCKER_CONTEXT', async () => {
    const host = await engineAt(join(home, 'colima', 'docker.sock'))
    context('colima', host)
    context('far', 'ssh://somebody@example.org')
    expect(await findEngine({})).toMatchObject({ why: 'no Docker engine answers' })
    writeFileSync(join(home, '.docker', 'config.json'), '{"currentContext":"colima"}')
    expect(await findEngine({})).toEqual({ engine: { host } })
    expect(await findEngine({ context: 'far' })).toMatchObject({
      why: expect.stringMatching(/ssh:.*another machine/),
    })
    expect(hosts({ context: 'default' })).not.toContain(host)
    writeFileSync(join(home, '.docker', 'config.json'), '{ no JSON')
    expect(hosts()).not.toContain(host)
  })

  it('at the next place where one does not answer', async () => {
    const host = await engineAt(join(home, 'run', 'docker.sock'))
    const runtimeDir = join(home, 'run')
    expect(await findEngine({ host: 'unix:///nobody.sock', runtimeDir })).toEqual({ engine: { host } })
    expect(await findEngine({ host: 'tcp://192.0.2.1:2375', runtimeDir })).toEqual({ engine: { host } })
    expect(await findEngine({ host: 'no address', runtimeDir })).toEqual({ engine: { host } })
  })
})

describe('an engine is not taken', () => {
  it('where it is on another machine', async () => {
    for (const host of ['tcp://192.0.2.1:2375', 'ssh://host', 'tcp://docker:2376'])
      expect(await findEngine({ host })).toEqual({
        why: `the Docker engine at ${host} is on another machine, where the data folder is not`,
      })
  })

  it('where its containers could not write our folder', async () => {
    for (const [info, why] of [
      [{ SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] }, /without root/],
      [{ SecurityOptions: ['name=userns'] }, /userns-remap/],
      [{ OSType: 'windows' }, /runs windows containers only/],
    ] as const) {
      const host = await engineAt(join(home, `${servers.length}.sock`), info)
      expect(await findEngine({ host })).toMatchObject({ why: expect.stringMatching(why) })
    }
  })

  it('where it hangs: the search takes two seconds', async () => {
    const server = createNetServer((socket) => socket.resume())
    servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
    const began = performance.now()
    expect(await findEngine({ host })).toEqual({ why: `no Docker engine answers at ${host} (DOCKER_HOST)` })
    expect(performance.now() - began).toBeLessThan(4_000)
  })
})
