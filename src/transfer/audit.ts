// Knows how an audit goes: every check looks, looks again where it found something, and mends if it is asked to.
import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from '../api.ts'
import { relationChecks } from './audit-relations.ts'
import { userChecks } from './audit-users.ts'

/** One thing that is wrong: `key` tells it from others of its rule, `example` is what a reader of the report needs to find it. */
export type Fault = { key: string; example: Record<string, string | null> }

/** What is wrong by one rule; `faults` are the first of them, all if they are fewer than `FAULTS`. */
export type Finding = { rule: string; about: string; count: bigint; faults: Fault[] }

/** Something that looks after one or more rules. */
export type Check = {
  /** A finding a rule, those without faults as well. */
  find(): Promise<Finding[]>
  /** Mends what there is to mend; answers how much it mended, and tells `say` what a person must know. */
  mend(say: (line: string) => void): Promise<number>
}

export type AuditReport = {
  clean: boolean
  rules: { rule: string; count: number; examples: Fault['example'][] }[]
  /** Things mended; 0 without repair. */
  repaired: number
}

/** Faults of a rule that are looked at one by one; beyond, they are only counted. */
export const FAULTS = 1_000
const EXAMPLES = 10
// A writer's transaction is not seen all at once; one that was half seen is whole after this.
const SECOND_LOOK_MS = 300
const ROUNDS = 3

/**
 * Checks the graph against its rules; with `repair` mends it, in small transactions beside a service that goes on. The
 * report says what was found before mending; `clean` is how the graph is afterwards.
 */
export async function auditGraph(
  api: Api,
  repair: boolean,
  say: (line: string) => void,
): Promise<AuditReport> {
  const checks = [...userChecks(api), ...relationChecks(api)]
  const found = await look(checks)
  for (const { rule, about, count, faults } of found) {
    if (count > 0n) say(`${rule}: ${count} ${about} For example ${JSON.stringify(faults[0]?.example)}.`)
  }
  let clean = found.every(({ count }) => count === 0n)
  let repaired = 0
  for (let round = 1; repair && !clean && round <= ROUNDS; round += 1) {
    for (const check of checks) repaired += await check.mend(say)
    const left = await look(checks)
    clean = left.every(({ count }) => count === 0n)
  }
  const rules = found.map(({ rule, count, faults }) => ({
    rule,
    count: Number(count),
    examples: faults.slice(0, EXAMPLES).map(({ example }) => example),
  }))
  return { clean, rules, repaired }
}

async function look(checks: Check[]): Promise<Finding[]> {
  const all: Finding[] = []
  for (const check of checks) {
    const first = await check.find()
    if (first.every(({ count }) => count === 0n)) {
      all.push(...first)
      continue
    }
    await wait(SECOND_LOOK_MS)
    const second = await check.find()
    all.push(
      ...second.map((finding) =>
        lasting(
          finding,
          first.find(({ rule }) => rule === finding.rule),
        ),
      ),
    )
  }
  return all
}

// What stood there both times.
function lasting(second: Finding, first: Finding | undefined): Finding {
  if (first === undefined || second.faults.length >= FAULTS || first.faults.length >= FAULTS) return second
  const before = new Set(first.faults.map(({ key }) => key))
  const faults = second.faults.filter(({ key }) => before.has(key))
  return { ...second, count: BigInt(faults.length), faults }
}
