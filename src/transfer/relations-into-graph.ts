// Knows how relationships of files go into the graph: one transaction a batch, the next one read and checked meanwhile.
import type { Api } from '../api.ts'
import { failureKind } from '../graph/failures.ts'
import type { Step } from '../graph/graph.ts'
import { isoText, isoTextOfMs } from '../graph/values.ts'
import { type GivenIds, highestGiven, readGivenIds } from './given-ids.ts'
import { type ImportCounts, type ImportOptions, refuse, TIMEOUT_MS } from './into-graph.ts'
import { idTaken, notKnown } from './reasons.ts'
import { BLOCKS, FOLLOWS, type RelationKind, type RelationRecord, statementOf } from './relation.ts'
import { createStrangers } from './strangers.ts'

// What the service's own writers wait for at most is one of these transactions.
const A_BATCH = 5_000
const TRIES = 5

type Pair = {
  record: RelationRecord
  key: string
  from: bigint
  to: bigint
  id: bigint | null
  date: string | null
  /** The id that it has, where it stands. */
  current?: unknown
}
type Standing = { stands: boolean; id: unknown; at: bigint | null; apart: boolean }

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
  options: ImportOptions,
  counts: ImportCounts,
): Promise<void> {
  const { plural, from, to, at } = kind
  const now = options.now ?? Date.now
  const statement = (name: string) => statementOf(kind, api.queries.get(`transfer/${name}`).statement)
  const plain = (name: string) => api.queries.get(`transfer/${name}`).statement
  const strangers = createStrangers(api, options, counts)
  // From the first id of the file on; before, nobody needs to know.
  let given: GivenIds | undefined
  options.began ??= await highestGiven(api)
  const { began } = options
  let late = 0
  // Pairs whose line was refused for its id: they count as named.
  const refused = new Set<string>()
  const count = (name: 'made' | 'replaced', by: number) => {
    const key = `${name}_${plural}` as const
    counts[key] = (counts[key] ?? 0) + by
  }

  const took = (by: number) => {
    counts[plural] = (counts[plural] ?? 0) + by
  }
  const sendBack = ({ record }: Pair, reason: string): false => {
    took(-1)
    refuse(options, file, record, reason)
    return false
  }
  const lacksId = (pair: Pair): false => {
    refused.add(pair.key)
    return sendBack(pair, idTaken(pair.id as bigint, plural))
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
    await strangers.meet(batch.flatMap((record) => [record[from] as bigint, record[to] as bigint]))
    const distinct = new Map<string, Pair>()
    for (const record of batch) {
      const [a, b] = [record[from] as bigint, record[to] as bigint]
      if (options.knownUsers && !(strangers.isKnown(a) && strangers.isKnown(b))) {
        const stranger = strangers.isKnown(a) ? b : a
        refuse(options, file, record, notKnown(stranger))
        continue
      }
      took(1)
      const key = `${a},${b}`
      if (writing.has(key) || refused.has(key) || (options.replace !== true && distinct.has(key))) continue
      distinct.set(key, {
        record,
        key,
        from: a,
        to: b,
        id: (record.id as bigint | undefined) ?? null,
        date: (record[at] as string | undefined) ?? null,
      })
    }
    const all = [...distinct.values()]
    const found = await standing(all)
    const make: Pair[] = []
    const replace: Pair[] = []
    all.forEach((pair, n) => {
      const there = found.get(n)
      if (there === undefined || (!there.stands && (kind !== FOLLOWS || !there.apart))) make.push(pair)
      else if (there.stands) {
        if (options.replace === true && differs(pair, there)) replace.push({ ...pair, current: there.id })
      } else sendBack(pair, across(pair))
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

  // Those whose ids are free, or who have none; the others are told of.
  async function withFreeIds(pairs: Pair[]): Promise<Pair[]> {
    if (given === undefined && pairs.some(({ id }) => id !== null)) given = await readGivenIds(api, kind)
    const ids = given
    if (ids === undefined) return pairs
    return pairs.filter((pair) => {
      if (pair.id === null || pair.id === pair.current) return true
      if (!ids.claim(pair.id)) return lacksId(pair)
      if (pair.id <= began) late += 1
      return true
    })
  }

  // Told of a transaction: what others were given meanwhile is theirs, and those of our rows were left out.
  function written(pairs: Pair[], before: bigint, after: bigint): void {
    const known = given?.known ?? before
    for (const pair of pairs) if (pair.id !== null && pair.id > known && pair.id <= before) lacksId(pair)
    given?.wrote(before, after)
  }

  async function make(wanted: Pair[]): Promise<number> {
    for (let pairs = await withFreeIds(wanted), tries = 1; pairs.length > 0; tries += 1) {
      const unnumbered = pairs.some(({ id }) => id === null) ? BigInt(pairs.length) : 0n
      const params = {
        ...columns(pairs),
        unnumbered,
        now: api.graph.dateTime(isoTextOfMs(now())),
        known: given?.known ?? 0n,
      }
      const steps: Step[] = [{ text: statement('relations'), params }]
      // Follows and blocks were looked at before the lock was ours: where both stand now, the follow goes.
      const part = { [FOLLOWS.plural]: 'part-followed', [BLOCKS.plural]: 'part-blocked' }[plural]
      if (part !== undefined) steps.push({ text: plain(part), params: { from: params.from, to: params.to } })
      try {
        const [rows, parted] = await api.graph.transaction(`transfer/${plural}`, steps, TIMEOUT_MS)
        const [made, before, base] = (rows?.[0] ?? []) as [bigint, bigint | null, bigint | null]
        if (before !== null && base !== null) {
          if (given !== undefined)
            for (const [n, { id }] of pairs.entries()) if (id === null) given.claim(base + BigInt(n) + 1n)
          written(pairs, before, base + unnumbered)
        } else for (const pair of pairs) if (pair.id !== null) lacksId(pair)
        if (kind !== FOLLOWS) return Number(made)
        const lost = (parted ?? []).map(([n]) => pairs[Number(n)] as Pair)
        for (const pair of lost) sendBack(pair, across(pair))
        return Number(made) - lost.length
      } catch (error) {
        if (failureKind(error) !== 'conflict' || tries === TRIES) throw error
        // Somebody made one of these pairs since they were looked for.
        const found = await standing(pairs)
        pairs = pairs.filter((_, n) => found.get(n)?.stands !== true)
      }
    }
    return 0
  }

  async function replace(wanted: Pair[]): Promise<number> {
    const pairs = await withFreeIds(wanted)
    if (pairs.length === 0) return 0
    const params = { ...columns(pairs), known: given?.known ?? 0n }
    const [row] = await api.graph.write(
      `transfer/replace-${plural}`,
      statement('replace-relations'),
      params,
      TIMEOUT_MS,
    )
    const [replaced, before] = row as [bigint, bigint | null]
    if (before !== null) written(pairs, before, params.highest > before ? params.highest : before)
    return Number(replaced)
  }

  async function write(pairs: { make: Pair[]; replace: Pair[] }): Promise<void> {
    if (options.dryRun === true) {
      count('made', (await withFreeIds(pairs.make)).length)
      if (options.replace === true) count('replaced', (await withFreeIds(pairs.replace)).length)
      return
    }
    count('made', await make(pairs.make))
    if (options.replace === true) count('replaced', await replace(pairs.replace))
  }

  let writing: ReadonlySet<string> = new Set()
  let done: Promise<void> = Promise.resolve()
  try {
    for await (const batch of records) {
      for (let start = 0; start < batch.length; start += A_BATCH) {
        // The last line about a pair wins in a replacement, so there no batch is read before the one before it is in.
        if (options.replace === true) await done.then(() => (writing = new Set()))
        const pairs = await prepare(batch.slice(start, start + A_BATCH), writing)
        await done
        writing = new Set(pairs.make.map(({ key }) => key))
        done = write(pairs)
        // Awaited above or below; until then a failure must not count as nobody's.
        done.catch(() => undefined)
      }
    }
  } finally {
    await done
  }
  if (late > 0)
    options.say?.(
      `${late} ${plural} have ids up to ${began}, the highest when this import began: lists show them where their ids say, and who asks for what is new (since_id) does not see them.`,
    )
}

const across = ({ from, to }: Pair): string =>
  `one of the users ${from} and ${to} blocks the other: remove the line, or unblock first`

function differs(pair: Pair, there: Standing): boolean {
  const date = there.at === null ? null : isoText(there.at)
  return (pair.id !== null && pair.id !== there.id) || (pair.date !== null && pair.date !== date)
}
