// The text of a moment is that of Date, whatever the day, and however many days were asked for.
import { expect, it } from 'vitest'
import { isoText } from '../../src/graph/values.ts'

it('a moment reads as in ISO 8601, before 1970 and after', () => {
  const ofDate = (seconds: number) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
  const days = Array.from({ length: 12_000 }, (_, n) => (n - 1_000) * 86_400)
  const moments = [0, -1, -86_400, 86_399, 86_400, 951_782_399, 951_782_400, 1_356_959_999, 253_402_300_799]
  for (const seconds of [...moments, ...days, ...moments])
    expect(isoText(BigInt(seconds))).toBe(ofDate(seconds))
  expect(() => isoText(2n ** 62n)).toThrow(RangeError)
})
