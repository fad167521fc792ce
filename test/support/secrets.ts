// Knows what of a secret may stand nowhere: RELIABILITY.md, promise 22.

/** Every eight characters of it. */
export const partsOf = (secret: string): string[] =>
  Array.from({ length: secret.length - 7 }, (_, at) => secret.slice(at, at + 8))
