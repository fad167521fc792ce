// Knows what users must be like: id, username and date there, the derived properties right; and that deletions come to their end.
import type { Api } from '../api.ts'
import { failureKind } from '../graph/failures.ts'
import { isoTextOfMs } from '../graph/values.ts'
import { nodeProperties, profileOf } from '../users/profile.ts'
import { type Check, FAULTS, type Fault, type Finding } from './audit.ts'

const A_PAGE = 1_000n
const A_STEP = 200
const WALK_MS = 3_600_000
const MEND_MS = 60_000

const ABOUT = {
  username:
    'users have no username, or one that is none (1 to 20 of a-z, 0-9 and _); a repair calls them u<id>.',
  'username-clash':
    'users have the username of another, in whatever case; a repair lets the one have it whom @name finds, and calls the other u<id>.',
  'username-key':
    'users cannot be found by @name, because username_key is not their username in lower case; a repair sets it.',
  'created-at': 'users have no created_at that is a datetime; a repair sets it to now.',
  rendered: 'users are shown otherwise than their properties say; a repair renders them again.',
} as const
type UserRule = keyof typeof ABOUT

/** What is to be written of one user, and why. */
type Remedy = {
  id: bigint
  rules: UserRule[]
  rename: boolean
  seen: string
  properties: Record<string, unknown>
}

/** The checks of users, in the order in which they must mend. */
export function userChecks(api: Api): Check[] {
  return [withoutId(api), propertiesOf(api), gone(api)]
}

function withoutId(api: Api): Check {
  const find = async (limit: number) =>
    api.graph.read(
      'audit/users-without-id',
      api.queries.get('audit/users-without-id').statement,
      { limit: BigInt(limit) },
      WALK_MS,
    )
  return {
    async find() {
      const found = await find(100_000)
      const faults = found.slice(0, FAULTS).map(
        ([element, username]): Fault => ({
          key: element as string,
          example: { username: username === null ? null : String(username), element: element as string },
        }),
      )
      return [
        {
          rule: 'user-id',
          about:
            'users have no id that is a whole number above zero; a repair gives them the next free ones.',
          count: BigInt(found.length),
          faults,
        },
      ]
    },
    async mend(say) {
      let mended = 0
      for (let left = true; left; ) {
        const elements = (await find(A_STEP)).map(([element]) => element)
        if (elements.length === 0) return mended
        const [row] = await api.graph.write(
          'audit/give-ids',
          api.queries.get('audit/give-ids').statement,
          { elements },
          MEND_MS,
        )
        mended += Number(row?.[0])
        left = Number(row?.[0]) > 0
        say(`${row?.[0]} users without an id got the next free ones.`)
      }
      return mended
    },
  }
}

function propertiesOf(api: Api): Check {
  // The remedies of a page of users; `claimed` are the names that users of this walk will get.
  async function remedies(page: Record<string, unknown>[], claimed: Map<string, bigint>): Promise<Remedy[]> {
    const bad = page.flatMap((stored) => {
      const id = stored.id as bigint
      const profile = profileOf(stored)
      const rules: UserRule[] = []
      if (profile.username === undefined || !/^[A-Za-z0-9_]{1,20}$/.test(profile.username)) {
        rules.push('username')
        profile.username = `u${id}`
      }
      if (!isDateTime(stored.created_at)) rules.push('created-at')
      profile.created_at ??= isoTextOfMs(Date.now())
      if (rules.length === 0 && Object.keys(difference(stored, nodeProperties(profile))).length === 0)
        return []
      return [{ id, stored, profile, rules }]
    })
    const wanting = bad.filter(
      ({ stored, profile }) => stored.username_key !== profile.username?.toLowerCase(),
    )
    const usernames = wanting.map(({ profile }) => (profile.username as string).toLowerCase())
    const found =
      usernames.length === 0
        ? []
        : await api.graph.read(
            'transfer/usernames',
            api.queries.get('transfer/usernames').statement,
            { usernames },
            WALK_MS,
          )
    return bad.map(({ id, stored, profile, rules }) => {
      const key = (profile.username as string).toLowerCase()
      const place = usernames.indexOf(key)
      const owner = (place === -1 ? null : (found[place]?.[1] as bigint | null)) ?? claimed.get(key) ?? id
      const clash = owner !== id
      if (clash) {
        rules.push('username-clash')
        profile.username = `u${id}`
      } else claimed.set(key, id)
      const properties = difference(stored, nodeProperties(profile))
      // Whoever is renamed gets another key anyhow.
      if ('username_key' in properties && !rules.includes('username') && !clash) rules.push('username-key')
      if (rules.includes('created-at'))
        properties.created_at = api.graph.dateTime(profile.created_at as string)
      if (rules.length === 0) rules.push('rendered')
      return {
        id,
        rules,
        rename: clash || rules.includes('username'),
        seen: `${stored.rendered ?? ''}${stored.annotations ?? ''}`,
        properties,
      }
    })
  }

  async function* walk(): AsyncGenerator<Remedy[]> {
    const { statement } = api.queries.get('transfer/export-users')
    const claimed = new Map<string, bigint>()
    for (let after = 0n; ; ) {
      const rows = await api.graph.read('audit/users', statement, { after, limit: A_PAGE }, WALK_MS)
      const page = rows
        .map(([properties]) => properties as Record<string, unknown>)
        .filter(({ id }) => typeof id === 'bigint')
      yield remedies(page, claimed)
      const last = page.at(-1)?.id
      if (BigInt(rows.length) < A_PAGE || last === undefined) return
      after = last as bigint
    }
  }

  async function write(step: Remedy[]): Promise<number> {
    const rows = step.map(({ id, seen, properties }) => ({ id, seen, properties }))
    try {
      const [row] = await api.graph.write(
        'audit/mend-users',
        api.queries.get('audit/mend-users').statement,
        { rows },
        MEND_MS,
      )
      return Number(row?.[0])
    } catch (error) {
      if (failureKind(error) !== 'conflict') throw error
      const [only] = step
      if (step.length > 1 || only === undefined) {
        let mended = 0
        for (const one of step) mended += await write([one])
        return mended
      }
      // Even u<id> is somebody's: any name that nobody will have chosen.
      const username = `u${only.id.toString(36)}_${Math.random().toString(36).slice(2, 7)}`
      return write([{ ...only, properties: { ...only.properties, username, username_key: username } }])
    }
  }

  return {
    async find() {
      const findings = new Map<UserRule, Finding>()
      for (const rule of Object.keys(ABOUT) as UserRule[])
        findings.set(rule, { rule, about: ABOUT[rule], count: 0n, faults: [] })
      for await (const page of walk()) {
        for (const { id, rules } of page) {
          for (const rule of rules) {
            const finding = findings.get(rule) as Finding
            finding.count += 1n
            if (finding.faults.length < FAULTS)
              finding.faults.push({ key: String(id), example: { id: String(id) } })
          }
        }
      }
      return [...findings.values()]
    },
    async mend(say) {
      let mended = 0
      for await (const page of walk()) {
        for (let start = 0; start < page.length; start += A_STEP)
          mended += await write(page.slice(start, start + A_STEP))
        for (const { id, rename } of page) if (rename) say(`user ${id} is called u${id} now.`)
      }
      return mended
    },
  }
}

const isDateTime = (value: unknown) =>
  typeof value === 'object' && value !== null && 'timeZoneOffsetSeconds' in value

// What of `right` is not stored; created_at is not among it.
function difference(
  stored: Record<string, unknown>,
  right: Record<string, unknown>,
): Record<string, unknown> {
  const same = (a: unknown, b: unknown) =>
    Array.isArray(a) && Array.isArray(b) ? a.join() === b.join() : (a ?? null) === (b ?? null)
  return Object.fromEntries(Object.entries(right).filter(([key, value]) => !same(stored[key], value)))
}

function gone(api: Api): Check {
  return {
    async find() {
      const found = await api.graph.read('users/gone', api.queries.get('users/gone').statement, {}, WALK_MS)
      const faults = found
        .slice(0, FAULTS)
        .map(([id]): Fault => ({ key: String(id), example: { id: String(id) } }))
      return [
        {
          rule: 'gone',
          about:
            'deleted users are not gone as a whole (or are being deleted just now); a repair finishes it.',
          count: BigInt(found.length),
          faults,
        },
      ]
    },
    async mend() {
      const [finding] = await this.find()
      await api.accounts.resumeRemovals()
      return Number(finding?.count ?? 0n)
    },
  }
}
