// The statistic of promise 25 checked with known figures, so that its result "no difference" means something.
import { expect, it } from 'vitest'
import { random } from '../support/random.ts'
import { rankSumP } from './rank-sum.ts'

const sample = (seed: number, count: number, make: (chance: number) => number): number[] => {
  const next = random(seed)
  return Array.from({ length: count }, () => make(next()))
}

it.each<[string, number[], number[], number]>([
  // U = 70 - 55 = 15, mean 50, deviation 13.229: z = 34.5 / 13.229 = 2.608.
  ['without ties', [1, 2, 3, 4, 5, 6, 7, 13, 14, 15], [8, 9, 10, 11, 12, 16, 17, 18, 19, 20], 0.00911],
  // All of one side below: U = 0 of 100, z = 49.5 / 13.229 = 3.742.
  ['far apart', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [11, 12, 13, 14, 15, 16, 17, 18, 19, 20], 0.000183],
  // Ranks 2.5 (four ones) and 6.5 (four twos): U = 4 of 16, variance 16/12 × (9 - 120/56) = 9.143, z = 3.5 / 3.024 = 1.1575.
  ['with ties', [1, 1, 1, 2], [1, 2, 2, 2], 0.24707],
])('is what a table says, %s', (_, first, second, p) => {
  expect(rankSumP(first, second)).toBeCloseTo(p, p < 0.01 ? 5 : 4)
  expect(rankSumP(second, first)).toBeCloseTo(rankSumP(first, second), 10)
})

it('is 1 for equal samples, rarely small without a difference, and small for a shift of a tenth', () => {
  expect(rankSumP([3, 3, 3], [3, 3])).toBe(1)
  const small = Array.from({ length: 400 }, (_, n) =>
    rankSumP(
      sample(2 * n, 200, (chance) => chance),
      sample(2 * n + 1, 200, (chance) => chance),
    ),
  ).filter((p) => p < 0.05).length
  // 20 are expected, the deviation is 4.4.
  expect(small).toBeGreaterThan(4)
  expect(small).toBeLessThan(40)
  const [plain, moved] = [sample(1, 2_000, (chance) => chance), sample(2, 2_000, (chance) => chance + 0.1)]
  expect(rankSumP(plain, moved)).toBeLessThan(1e-6)
})
