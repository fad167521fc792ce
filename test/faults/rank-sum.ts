// Tests whether two samples come from one distribution: the two-sided Mann-Whitney U test with the normal approximation.

/**
 * Probability of ranks at least so far apart where both samples are drawn from the same distribution. Ties get their
 * mean rank and narrow the variance. Good from about twenty values a side on.
 */
export function rankSumP(first: readonly number[], second: readonly number[]): number {
  const [m, n] = [first.length, second.length]
  const all = [
    ...first.map((value) => ({ value, mine: true })),
    ...second.map((value) => ({ value, mine: false })),
  ].sort((a, b) => a.value - b.value)
  let [ranks, ties] = [0, 0]
  for (let from = 0; from < all.length; ) {
    let to = from + 1
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1
    const mean = (from + 1 + to) / 2
    for (let at = from; at < to; at += 1) if (all[at]?.mine) ranks += mean
    ties += (to - from) ** 3 - (to - from)
    from = to
  }
  const u = ranks - (m * (m + 1)) / 2
  const total = m + n
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)))
  if (variance === 0) return 1
  // Continuity correction: U is an integer, the normal curve is continuous.
  const z = Math.max(0, Math.abs(u - (m * n) / 2) - 0.5) / Math.sqrt(variance)
  return Math.min(1, 2 * tail(z))
}

// The area of the normal curve above z (Abramowitz and Stegun 7.1.26; error below 2e-7).
function tail(z: number): number {
  const t = 1 / (1 + (0.3275911 * z) / Math.SQRT2)
  const series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
  return (series * Math.exp((-z * z) / 2)) / 2
}
