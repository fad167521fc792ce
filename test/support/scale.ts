// How long the tests of the promises go on: short in CI, and `npm run test:faults` (FAULTS=long) reaches the figures.

export const LONG = process.env.FAULTS === 'long'

/** The figure for this run. */
export const scale = (short: number, long: number): number => (LONG ? long : short)

/** How often this run does what it does: `scale`, or FAULT_RUNS where a run must fit into less time or go on for longer. */
export const runs = (short: number, long: number): number =>
  Number(process.env.FAULT_RUNS ?? scale(short, long))

/** Whether there is time for more: FAULT_SECONDS ends a long run early, and its line of evidence says how far it came. */
export function stopwatch(): () => boolean {
  const until = performance.now() + Number(process.env.FAULT_SECONDS ?? Number.POSITIVE_INFINITY) * 1_000
  return () => performance.now() < until
}

/** The value under which so many percent lie. */
export function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0
}

/** Runs `work` in so many lanes at once until `count` runs are done; answers how many milliseconds each took. */
export async function lanes(
  width: number,
  count: number,
  work: (n: number, lane: number) => Promise<void>,
): Promise<number[]> {
  const times: number[] = []
  let n = 0
  await Promise.all(
    Array.from({ length: width }, async (_, lane) => {
      while (n < count) {
        const mine = n++
        const began = performance.now()
        await work(mine, lane)
        times.push(performance.now() - began)
      }
    }),
  )
  return times
}

/** A line of evidence for docs/reliability.md. */
export const measured = (promise: number, text: string): void =>
  void process.stderr.write(`promise ${promise}: ${text}\n`)
