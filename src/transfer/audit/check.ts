// The types of the audit's checks and findings.

/** One fault: `key` identifies it among those of its rule, `example` is shown in the report. */
export type Fault = { key: string; example: Record<string, string | null> }

/** The faults under one rule; `faults` holds the first of them, or all if there are fewer than `FAULTS`. */
export type Finding = { rule: string; about: string; count: bigint; faults: Fault[] }

/** Checks one or more rules. */
export type Check = {
  /** One finding for each rule, also for rules without faults. */
  find(): Promise<Finding[]>
  /** Repairs the faults and resolves with their number; calls `say` with what a person must know. */
  repair(say: (line: string) => void): Promise<number>
}

/** At most this many faults of a rule are read one by one; the rest are only counted. */
export const FAULTS = 1_000
