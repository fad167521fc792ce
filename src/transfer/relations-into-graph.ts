// Knows how relationships of files go into the graph: one transaction a batch, the next one read and checked meanwhile.
import type { Api } from '../api.ts'
import { failureKind } from '../graph/failures.ts'
import { nodeProperties } from '../users/profile.ts'
import { type ImportCounts, type ImportOptions, type Intake, refuse, TIMEOUT_MS } from './into-graph.ts'
import { BLOCKS, FOLLOWS, type RelationKind, type RelationRecord, statementOf } from './relation.ts'

// What the service's own writers wait for at most is one of these transactions.
const A_BATCH = 5_000
// Users remembered as known; more are asked for again, so that memory stays flat.
const REMEMBERED = 1_000_000
const TRIES = 5

type Pair = { key: string; from: bigint; to: bigint; id: bigint | null; date: string | null }
type Standing = { stands: boolean; id: unknown; at: bigint | null; apart: boolean }

const seconds = (now: number) => `${new Date(now).toISOString().slice(0, 19)}Z`

/**
 * Writes relationships that are not there yet. Users that nobody knows are made with defaults, or their lines refused;
 * so are follows across a block. Blocks end the follows of their pair. With `replace` a pair that stands gets the file's
 * id and date.
 */
export async function importRelations(
  api: Api,
  kind: RelationKind,
  file: string,
  records: AsyncIterable<RelationRecord[]>,
  intake: Intake,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<void> {
  const { plural, from, to, at } = kind
  const now = options.now ?? Date.now
  const statement = (name: string) => statementOf(kind, api.queries.get(`transfer/${name}`).statement)
  const plain = (name: string) => api.queries.get(`transfer/${name}`).statement
  const known = new Set<bigint>()
  const isKnown = (id: bigint) => known.has(id) || options.supposed?.has(id) === true
  const count = (name: 'made' | 'replaced', by: number) => {
    const key = `${name}_${plural}` as const
    counts[key] = (counts[key] ?? 0) + by
  }

  async function learn(batch: RelationRecord[]): Promise<void> {
    if (known.size > REMEMBERED) known.clear()
    const wanted = new Set<bigint>()
    for (const record of batch) {
      for (const id of [record[from] as bigint, record[to] as bigint])
        if (!known.has(id) && options.supposed?.has(id) !== true) wanted.add(id)
    }
    if (wanted.size === 0) return
    for (const [id] of await api.graph.read('transfer/known', plain('known'), { ids: [...wanted] })) {
      known.add(id as bigint)
      wanted.delete(id as bigint)
    }
    if (wanted.size === 0 || options.knownUsers) return
    const created_at = seconds(now())
    const date = api.graph.dateTime(created_at)
    const rows = [...wanted].map((id) => ({
      id,
      properties: nodeProperties({ id, created_at }),
      created_at: date,
    }))
    if (options.dryRun !== true) await api.graph.write('transfer/users', plain('users'), { rows }, TIMEOUT_MS)
    counts.made_users += rows.length
    for (const id of wanted) {
      known.add(id)
      options.supposed?.add(id)
    }
  }

  async function standing(pairs: Pair[]): Promise<Map<number, Standing>> {
    const params = { from: pairs.map((pair) => pair.from), to: pairs.map((pair) => pair.to) }
    const rows = await api.graph.read('transfer/standing', statement('standing'), params, TIMEOUT_MS)
    return new Map(
      rows.map(([n, stands, id, made, apart]) => [
        Number(n),
        { stands: stands === true, id, at: made as bigint | null, apart: apart === true },
      ]),
    )
  }

  // The batch as pairs to make and pairs to replace; pairs that are being written at this moment are left out.
  async function prepare(
    batch: RelationRecord[],
    writing: ReadonlySet<string>,
  ): Promise<{ make: Pair[]; replace: Pair[] }> {
    await learn(batch)
    const distinct = new Map<string, { pair: Pair; record: RelationRecord }>()
    for (const record of batch) {
      const [a, b] = [record[from] as bigint, record[to] as bigint]
      if (options.knownUsers && !(isKnown(a) && isKnown(b))) {
        const stranger = isKnown(a) ? b : a
        refuse(
          options,
          intake,
          file,
          record,
          `user ${stranger} is not known: import the user first, or leave --known-users out`,
        )
        continue
      }
      counts[plural] = (counts[plural] ?? 0) + 1
      const key = `${a},${b}`
      if (writing.has(key) || (options.replace !== true && distinct.has(key))) continue
      const pair = {
        key,
        from: a,
        to: b,
        id: (record.id as bigint | undefined) ?? null,
        date: (record[at] as string | undefined) ?? null,
      }
      distinct.set(key, { pair, record })
    }
    const all = [...distinct.values()]
    const found = await standing(all.map(({ pair }) => pair))
    const make: Pair[] = []
    const replace: Pair[] = []
    all.forEach(({ pair, record }, n) => {
      const there = found.get(n)
      if (there === undefined || (!there.stands && (kind !== FOLLOWS || !there.apart))) make.push(pair)
      else if (there.stands) {
        if (options.replace === true && differs(pair, there)) replace.push(pair)
      } else {
        counts[plural] = (counts[plural] ?? 0) - 1
        refuse(
          options,
          intake,
          file,
          record,
          `one of the users ${pair.from} and ${pair.to} blocks the other: remove the line, or unblock first`,
        )
      }
    })
    return { make, replace }
  }

  const columns = (pairs: Pair[]) => ({
    from: pairs.map((pair) => pair.from),
    to: pairs.map((pair) => pair.to),
    ids: pairs.map((pair) => pair.id),
    dates: pairs.map((pair) => (pair.date === null ? null : api.graph.dateTime(pair.date))),
    highest: pairs.reduce((most, { id }) => (id !== null && id > most ? id : most), 0n),
  })

  async function make(wanted: Pair[]): Promise<number> {
    for (let pairs = wanted, tries = 1; pairs.length > 0; tries += 1) {
      const unnumbered = pairs.some(({ id }) => id === null) ? BigInt(pairs.length) : 0n
      const params = { ...columns(pairs), unnumbered, now: api.graph.dateTime(seconds(now())) }
      try {
        if (kind === BLOCKS) {
          const steps = [
            { text: statement('relations'), params },
            { text: plain('part-blocked'), params: { from: params.from, to: params.to } },
          ]
          const [made] = await api.graph.transaction('transfer/blocks', steps, TIMEOUT_MS)
          return Number(made?.[0]?.[0] ?? 0n)
        }
        const [made] = await api.graph.write(`transfer/${plural}`, statement('relations'), params, TIMEOUT_MS)
        return Number(made?.[0] ?? 0n)
      } catch (error) {
        if (failureKind(error) !== 'conflict' || tries === TRIES) throw error
        // Somebody made one of these pairs since they were looked for.
        const found = await standing(pairs)
        pairs = pairs.filter((_, n) => found.get(n)?.stands !== true)
      }
    }
    return 0
  }

  async function write(pairs: { make: Pair[]; replace: Pair[] }): Promise<void> {
    if (options.dryRun === true) {
      count('made', pairs.make.length)
      if (options.replace === true) count('replaced', pairs.replace.length)
      return
    }
    count('made', await make(pairs.make))
    if (options.replace !== true) return
    if (pairs.replace.length > 0)
      await api.graph.write(
        `transfer/replace-${plural}`,
        statement('replace-relations'),
        columns(pairs.replace),
        TIMEOUT_MS,
      )
    count('replaced', pairs.replace.length)
  }

  let writing: ReadonlySet<string> = new Set()
  let written: Promise<void> = Promise.resolve()
  try {
    for await (const batch of records) {
      for (let start = 0; start < batch.length; start += A_BATCH) {
        // The last line about a pair wins in a replacement, so there no batch is read before the one before it is in.
        if (options.replace === true) await written.then(() => (writing = new Set()))
        const pairs = await prepare(batch.slice(start, start + A_BATCH), writing)
        await written
        writing = new Set(pairs.make.map(({ key }) => key))
        written = write(pairs)
        // Awaited above or below; until then a failure must not count as nobody's.
        written.catch(() => undefined)
      }
    }
  } finally {
    await written
  }
}

function differs(pair: Pair, there: Standing): boolean {
  const date = there.at === null ? null : seconds(Number(there.at) * 1000)
  return (pair.id !== null && pair.id !== there.id) || (pair.date !== null && pair.date !== date)
}
