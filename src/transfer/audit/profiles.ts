// Checks the properties of users: username and date are valid, and the derived properties match the others.
import { wallClock } from '../../clock.ts'
import { failureKind } from '../../graph/failures.ts'
import { isoTextOfMs } from '../../graph/values.ts'
import type { Parts } from '../../parts.ts'
import { storedText } from '../../users/accounts.ts'
import { difference, isStored, nodeProperties, profileOf } from '../../users/profile.ts'
import { REPAIR_MS, WALK_MS } from '../timeouts.ts'
import { type Check, FAULTS, type Finding } from './check.ts'

const PAGE_SIZE = 1_000n
const STEP_SIZE = 200

const ABOUT = {
  username:
    'users have no username, or an invalid one (valid: 1 to 20 of a-z, 0-9 and _); a repair calls them u<id>.',
  'username-clash':
    'users have the username of another, apart from case; with a repair the user that @name finds keeps it, and the other becomes u<id>.',
  'username-key':
    'users cannot be found by @name, because username_key is not their username in lower case; a repair sets it.',
  'created-at': 'users have no created_at, or one that is not a datetime; a repair sets it to now.',
  'search-words':
    'users are not found by the words of their names, because search_words does not hold them; a repair writes it.',
  rendered: 'users have a rendered profile that does not match their properties; a repair renders it again.',
} as const
type UserRule = keyof typeof ABOUT

/** The properties to write for one user, and why. `version` is the rendered text that was read: a user changed since then is skipped. */
type Remedy = {
  id: bigint
  rules: UserRule[]
  rename: boolean
  version: string
  properties: Record<string, unknown>
}

/** Walks all users; a repair writes the properties that differ, and renames users whose name is invalid or taken. */
export function profileCheck(parts: Parts): Check {
  // The remedies for a page of users; `claimed` holds the names that this walk has assigned.
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
      profile.created_at ??= isoTextOfMs(wallClock())
      if (rules.length === 0 && isStored(stored, nodeProperties(profile))) return []
      return [{ id, stored, profile, rules }]
    })
    const changedKeys = bad.filter(
      ({ stored, profile }) => stored.username_key !== profile.username?.toLowerCase(),
    )
    const usernames = changedKeys.map(({ profile }) => (profile.username as string).toLowerCase())
    const found =
      usernames.length === 0
        ? []
        : await parts.graph.read(
            'transfer/usernames',
            parts.queries.get('transfer/usernames').statement,
            { usernames },
            WALK_MS,
          )
    return bad.map(({ id, stored, profile, rules }) => {
      const key = (profile.username as string).toLowerCase()
      const index = usernames.indexOf(key)
      const owner = (index === -1 ? null : (found[index]?.[1] as bigint | null)) ?? claimed.get(key) ?? id
      const clash = owner !== id
      if (clash) {
        rules.push('username-clash')
        profile.username = `u${id}`
      } else claimed.set(key, id)
      const properties = difference(stored, nodeProperties(profile))
      // A user who is renamed gets another key in any case.
      if ('username_key' in properties && !rules.includes('username') && !clash) rules.push('username-key')
      if (rules.includes('created-at'))
        properties.created_at = parts.graph.dateTime(profile.created_at as string)
      if (rules.length === 0)
        rules.push(Object.keys(properties).join() === 'search_words' ? 'search-words' : 'rendered')
      return {
        id,
        rules,
        rename: clash || rules.includes('username'),
        version: storedText(stored),
        properties,
      }
    })
  }

  async function* walk(): AsyncGenerator<Remedy[]> {
    const { statement } = parts.queries.get('transfer/export-users')
    const claimed = new Map<string, bigint>()
    for (let after = 0n; ; ) {
      const rows = await parts.graph.read('audit/users', statement, { after, limit: PAGE_SIZE }, WALK_MS)
      const page = rows
        .map(([properties]) => properties as Record<string, unknown>)
        .filter(({ id }) => typeof id === 'bigint')
      yield remedies(page, claimed)
      const last = page.at(-1)?.id
      if (BigInt(rows.length) < PAGE_SIZE || last === undefined) return
      after = last as bigint
    }
  }

  const randomNames = new Map<bigint, string>()

  async function write(step: Remedy[]): Promise<number> {
    const rows = step.map(({ id, version, properties }) => ({ id, version, properties }))
    try {
      const [row] = await parts.graph.write(
        'audit/repair-users',
        parts.queries.get('audit/repair-users').statement,
        { rows },
        REPAIR_MS,
      )
      return Number(row?.[0])
    } catch (error) {
      if (failureKind(error) !== 'conflict') throw error
      const [only] = step
      if (step.length > 1 || only === undefined) {
        let repaired = 0
        for (const one of step) repaired += await write([one])
        return repaired
      }
      // Even u<id> is taken: use a random name.
      const username = `u${only.id.toString(36)}_${Math.random().toString(36).slice(2, 7)}`
      randomNames.set(only.id, username)
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
    async repair(say) {
      let repaired = 0
      for await (const page of walk()) {
        for (let start = 0; start < page.length; start += STEP_SIZE)
          repaired += await write(page.slice(start, start + STEP_SIZE))
        for (const { id, rename } of page)
          if (rename) say(`user ${id} is called ${randomNames.get(id) ?? `u${id}`} now.`)
      }
      return repaired
    },
  }
}

const isDateTime = (value: unknown) =>
  typeof value === 'object' && value !== null && 'timeZoneOffsetSeconds' in value
