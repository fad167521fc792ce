// A TCP proxy in front of Bolt that breaks connections on purpose; a seed decides every fault, so that a run can be repeated.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { random } from '../support/random.ts'

/**
 * What may happen to one query. `cut-before`: it never arrives. `cut-after`: it is carried out and its answer is lost,
 * which is how a COMMIT looks to a client whose line broke. `cut-late`: the same, but so late that the database has committed. `half`: the answer breaks off in the middle of a packet.
 */
export type Fault = 'delay' | 'cut-before' | 'cut-after' | 'cut-late' | 'half' | 'stall'

export type Proxy = {
  uri: string
  seed: number
  /** Probability of each fault, from now on. */
  faults: Partial<Record<Fault, number>>
  /** Only queries whose bytes hold this text; all by default. */
  only: string | undefined
  /** How often each fault was applied. */
  struck: Record<Fault, number>
  /** While true, new connections are refused, and open ones are broken off. */
  away(away: boolean): void
  /** Open connections get no data any more and no error, as when a host vanishes; new ones work. */
  vanish(): void
  readonly open: number
  close(): Promise<void>
}

// Bolt: a RUN is a structure of three fields with the signature 0x10, a COMMIT one of none with 0x12.
const RUN = Buffer.from([0xb3, 0x10])
const COMMIT = Buffer.from([0x00, 0x02, 0xb0, 0x12])

const COMMITTED_MS = 300

/** A new seed, or FAULT_SEED; printed, so that a failure can be reproduced. */
export function newSeed(): number {
  const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31))
  process.stderr.write(`fault seed ${seed} (FAULT_SEED repeats it)\n`)
  return seed
}

/** Starts the proxy on a free port of loopback, before the Bolt address `target`. */
export async function startProxy(target: string, seed = newSeed()): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const next = random(seed)
  const links = new Set<{ near: Socket; far: Socket; dead: boolean }>()
  let gone = false
  const end = (link: { near: Socket; far: Socket }) => {
    link.near.destroy()
    link.far.destroy()
  }

  function choose(bytes: Buffer): Fault | null {
    if (!bytes.includes(RUN) && !bytes.includes(COMMIT)) return null
    if (proxy.only !== undefined && !bytes.includes(proxy.only)) return null
    let dice = next()
    for (const [fault, chance] of Object.entries(proxy.faults) as [Fault, number][]) {
      if (dice < chance) return fault
      dice -= chance
    }
    return null
  }

  const server = createServer((near) => {
    near.on('error', () => undefined)
    if (gone) return void near.destroy()
    const far = connect(Number(port), hostname)
    const link = { near, far, dead: false }
    links.add(link)
    far.on('error', () => near.destroy())
    near.on('close', () => {
      links.delete(link)
      far.destroy()
    })
    far.on('close', () => near.destroy())
    let pending: Fault | null = null
    near.on('data', (bytes) => {
      if (link.dead) return
      const fault = choose(bytes)
      if (fault !== null) proxy.struck[fault] += 1
      if (fault === 'cut-before') return end(link)
      if (fault === 'cut-late') setTimeout(() => end(link), COMMITTED_MS)
      if (fault === 'stall') link.dead = true
      else if (fault === 'delay') setTimeout(() => far.write(bytes), next() * 50)
      else {
        if (fault !== null) pending = fault
        far.write(bytes)
      }
    })
    far.on('data', (bytes) => {
      if (link.dead) return
      if (pending === 'half') near.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => end(link))
      else if (pending === 'cut-after') end(link)
      else if (pending !== 'cut-late') near.write(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const proxy: Proxy = {
    uri: `bolt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seed,
    faults: {},
    only: undefined,
    struck: { delay: 0, 'cut-before': 0, 'cut-after': 0, 'cut-late': 0, half: 0, stall: 0 },
    away(now) {
      gone = now
      if (now) for (const link of links) end(link)
    },
    vanish() {
      for (const link of links) link.dead = true
    },
    get open() {
      return links.size
    },
    async close() {
      for (const link of links) end(link)
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}
