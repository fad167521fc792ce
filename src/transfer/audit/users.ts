// Checks and repairs users: each has an id and valid properties, and no deletion is unfinished.

import type { Parts } from '../../parts.ts'
import { REPAIR_MS, WALK_MS } from '../timeouts.ts'
import { type Check, FAULTS, type Fault } from './check.ts'
import { profileCheck } from './profiles.ts'

const STEP_SIZE = 200

/** The checks of users, in the order in which repairs must run. */
export function userChecks(parts: Parts): Check[] {
  return [withoutId(parts), profileCheck(parts), gone(parts), movedTo(parts)]
}

function withoutId(parts: Parts): Check {
  const find = async (limit: number) =>
    parts.graph.read(
      'audit/users-without-id',
      parts.queries.get('audit/users-without-id').statement,
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
            'users have no id, or one that is not a whole number above zero; a repair gives them the next free ones.',
          count: BigInt(found.length),
          faults,
        },
      ]
    },
    async repair(say) {
      let repaired = 0
      for (let left = true; left; ) {
        const elements = (await find(STEP_SIZE)).map(([element]) => element)
        if (elements.length === 0) return repaired
        const [row] = await parts.graph.write(
          'audit/give-ids',
          parts.queries.get('audit/give-ids').statement,
          { elements },
          REPAIR_MS,
        )
        repaired += Number(row?.[0])
        left = Number(row?.[0]) > 0
        say(`${row?.[0]} users without an id got the next free ones.`)
      }
      return repaired
    },
  }
}

function gone(parts: Parts): Check {
  return {
    async find() {
      const found = await parts.graph.read(
        'users/gone',
        parts.queries.get('users/gone').statement,
        {},
        WALK_MS,
      )
      const faults = found
        .slice(0, FAULTS)
        .map(([id]): Fault => ({ key: String(id), example: { id: String(id) } }))
      return [
        {
          rule: 'gone',
          about:
            'deleted users are not removed completely (or are being removed just now); a repair removes the rest.',
          count: BigInt(found.length),
          faults,
        },
      ]
    },
    async repair() {
      const [finding] = await this.find()
      await parts.accounts.resumeRemovals()
      return Number(finding?.count ?? 0n)
    },
  }
}

function movedTo(parts: Parts): Check {
  const find = () =>
    parts.graph.read('audit/moved-to', parts.queries.get('audit/moved-to').statement, {}, WALK_MS)
  return {
    async find() {
      const found = await find()
      const faults = found
        .slice(0, FAULTS)
        .map(([id, to]): Fault => ({ key: String(id), example: { id: String(id), moved_to: String(to) } }))
      return [
        {
          rule: 'moved-to',
          about:
            'users have moved to a user who does not exist, or to themselves; a repair removes moved_to.',
          count: BigInt(found.length),
          faults,
        },
      ]
    },
    async repair() {
      const found = await find()
      for (const [id, to] of found) await parts.accounts.forgetMove(id as bigint, to as bigint)
      return found.length
    },
  }
}
