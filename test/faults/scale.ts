// How long the fault tests go on: short under `npm test`, and `npm run test:faults` (FAULTS=long) reaches the figures.

export const LONG = process.env.FAULTS === 'long'

/** The figure for this run. */
export const scale = (short: number, long: number): number => (LONG ? long : short)

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
