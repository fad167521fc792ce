// Knows what a client asks of a target, whatever the target's own language is.

/** One request. `viewer` is a place in the list of viewers; ids are decimal text. */
export type Op =
  | { kind: 'page' | 'mutuals' | 'known'; viewer: number; user: string; before?: string; skip?: number }
  | { kind: 'follow' | 'unfollow'; viewer: number; user: string }
  | { kind: 'ids'; viewer: number; user: string }
  | { kind: 'relationships'; viewer: number; targets: string[] }

export type Viewer = { id: string; token: string }

/** One measured stretch: so many closed loops for so long. */
export type Job = {
  clients: number
  seconds: number
  /** Requests made in this order, again from the start when they run out unless `once`. */
  ops: Op[]
  once: boolean
}

/** What came of it; times in milliseconds. `firstByte` is the median until the first byte of the answer. */
export type Outcome = {
  done: number
  errors: Record<string, number>
  seconds: number
  p50: number
  p99: number
  firstByte: number
  bytes: number
  /** How many of the ops were begun: the next job of a `once` case goes on there. */
  begun: number
}

/** What a process that works off jobs (the load generator, the raw driver) hears and says over IPC. */
export type Order = { job: Job } | { check: Op }
export type Answer = { outcome: Outcome } | { checked: string } | { failed: string } | { ready: true }
