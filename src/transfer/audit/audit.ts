// Runs the audit: each check looks for faults, looks again if it found some, and repairs them if asked to.

import { wait } from '../../clock.ts'
import { asRun } from '../../events/runs.ts'
import type { Parts } from '../../parts.ts'
import { type Check, FAULTS, type Fault, type Finding } from './check.ts'
import { relationChecks } from './relations.ts'
import { userChecks } from './users.ts'

export type AuditReport = {
  clean: boolean
  rules: { rule: string; count: number; examples: Fault['example'][] }[]
  /** Number of repairs; 0 without `repair`. */
  repaired: number
}

const EXAMPLES = 10
// A query may see a concurrent transaction only in part; after this time the transaction is visible as a whole.
const RECHECK_MS = 300
const ROUNDS = 3

/**
 * Checks the graph against its rules. With `repair` it is repaired, in small transactions, so that the service can go on. The
 * report lists what was found before the repair; `clean` is the state after it.
 */
export async function auditGraph(
  parts: Parts,
  repair: boolean,
  say: (line: string) => void,
): Promise<AuditReport> {
  const checks = [...userChecks(parts), ...relationChecks(parts)]
  const found = await findLasting(checks)
  for (const { rule, about, count, faults } of found) {
    if (count > 0n) say(`${rule}: ${count} ${about} For example ${JSON.stringify(faults[0]?.example)}.`)
  }
  let clean = found.every(({ count }) => count === 0n)
  let repaired = 0
  if (repair && !clean)
    await asRun(parts, 'repair', async ({ changing }) => {
      await changing()
      for (let round = 1; !clean && round <= ROUNDS; round += 1) {
        for (const check of checks) repaired += await check.repair(say)
        const left = await findLasting(checks)
        clean = left.every(({ count }) => count === 0n)
      }
    })
  const rules = found.map(({ rule, count, faults }) => ({
    rule,
    count: Number(count),
    examples: faults.slice(0, EXAMPLES).map(({ example }) => example),
  }))
  return { clean, rules, repaired }
}

async function findLasting(checks: Check[]): Promise<Finding[]> {
  const all: Finding[] = []
  for (const check of checks) {
    const first = await check.find()
    if (first.every(({ count }) => count === 0n)) {
      all.push(...first)
      continue
    }
    await wait(RECHECK_MS)
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

// The faults that were found both times.
function lasting(second: Finding, first: Finding | undefined): Finding {
  if (first === undefined || second.faults.length >= FAULTS || first.faults.length >= FAULTS) return second
  const before = new Set(first.faults.map(({ key }) => key))
  const faults = second.faults.filter(({ key }) => before.has(key))
  return { ...second, count: BigInt(faults.length), faults }
}
