// Spreads an import over time, so that those who use the graph meanwhile notice less of it.
import { monotonic, wait } from '../../clock.ts'

/** `most`: the rows of one transaction; `before` resolves when the next rows may be written. */
export type Pace = { most: number; before(rows: number): Promise<void> }

// Long transactions hold the lock of all writers, and the processor; many short ones cost more in all.
const TRANSACTIONS_PER_SECOND = 5
const LEAST_ROWS = 100

/** So many rows a second on average; rows that need no writing do not count. */
export function paceOf(perSecond: number): Pace {
  let due = monotonic()
  return {
    most: Math.max(LEAST_ROWS, Math.ceil(perSecond / TRANSACTIONS_PER_SECOND)),
    async before(rows) {
      const early = due - monotonic()
      if (early > 0) await wait(early)
      due = Math.max(due, monotonic()) + (rows * 1_000) / perSecond
    },
  }
}
