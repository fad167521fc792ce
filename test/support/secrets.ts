// The parts of a secret that must appear nowhere: promise 22 of docs/reliability.md.

/** Every eight characters of it. */
export const partsOf = (secret: string): string[] =>
  Array.from({ length: secret.length - 7 }, (_, at) => secret.slice(at, at + 8))
