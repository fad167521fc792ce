// The short and the long form of the tests of promises: CI runs the short one; `npm run test:faults` (FAULTS=long) measures the figures of docs/reliability.md.

export const LONG = process.env.FAULTS === 'long'

/** The value for the form that runs. */
export const scale = (short: number, long: number): number => (LONG ? long : short)

/** The number of repetitions: as `scale`, or FAULT_RUNS for a shorter or longer run. */
export const runs = (short: number, long: number): number =>
  Number(process.env.FAULT_RUNS ?? scale(short, long))

/** Returns a function that is false once FAULT_SECONDS are over, to end a long run early; the printed line says how far it came. */
export function stopwatch(): () => boolean {
  const until = performance.now() + Number(process.env.FAULT_SECONDS ?? Number.POSITIVE_INFINITY) * 1_000
  return () => performance.now() < until
}

/** The percentile of these values. */
export function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0
}

/** Runs `work` `count` times in `width` parallel lanes; returns how many milliseconds each run took. */
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

/** Prints a line with figures for docs/reliability.md. */
export const measured = (promise: number, text: string): void =>
  void process.stderr.write(`promise ${promise}: ${text}\n`)
