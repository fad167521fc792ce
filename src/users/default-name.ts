// The usernames of users that were given none.

/** The n-th name to try, from n = 0: u<id>, or another name if that is taken; at most 20 characters. */
export function defaultName(id: bigint, n: number): string {
  return n === 0 ? `u${id}` : `u${id.toString(36)}_${n + 1}`
}
