// Knows users whose fields hold what a reader, a writer or Neo4j's loader might stumble over; the same ones at every run.
import fc from 'fast-check'
import type { UserRecord } from '../../src/transfer/user.ts'

const SIGNS = [
  '\n',
  '\r',
  '\r\n',
  '"',
  '""',
  '\\',
  '\\n',
  '\\N',
  '\\"',
  ',',
  ';',
  '\t',
  '|',
  ':',
  "'",
  '`',
  '{',
  '}',
  '[',
  ']',
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  'null',
  'NULL',
  'true',
  '0',
  '007',
  '1e5',
  'NaN',
  ' ',
  '  ',
  '\u00a0',
  '\u2028',
  '\u2029',
  '\u0085',
  '\ufeff',
  '\ufffd',
  '\u0001',
  '\u001a',
  '\u001f',
  '\u007f',
  '\u202e',
  '🌙',
  '👩‍👧',
  'é',
  'e\u0301',
  'שלום',
  '$x',
  '$$',
  '//',
  '#',
  '<b>',
  '&amp;',
  '@bo',
  'x',
  'sep=;',
  '7,evil,mine',
  '\u{10ffff}',
  '\ud7ff',
  '\ue000',
]
const sign = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...SIGNS) },
  fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
)

/** A text of at most `most` code points, never empty. */
const text = (most: number) =>
  fc
    .array(sign, { minLength: 1, maxLength: 10 })
    .map((parts) => [...parts.join('').replaceAll('\0', '')].slice(0, most).join('') || '"')
const long = fc.constantFrom(
  '\n'.repeat(3_000),
  '"'.repeat(5_000),
  'ü\n'.repeat(5_000),
  ' '.repeat(20_000),
  '\u0001'.repeat(2_000),
)
const loose = fc.oneof({ weight: 60, arbitrary: text(200) }, long)
const value: fc.Arbitrary<unknown> = fc.oneof(
  loose,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(null, true, {}, []),
  fc.dictionary(text(5), text(9), { maxKeys: 3 }),
)
const image = fc.record({
  url: text(40).map((path) => `https://x.example/${path.replace(/[\s"<>]/gu, '')}`),
  width: fc.integer({ min: 1, max: 9999 }),
  height: fc.integer({ min: 1, max: 9999 }),
})
const moment = fc
  .date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => `${date.toISOString().slice(0, 19)}Z`)

const fields: fc.Arbitrary<Omit<UserRecord, 'id' | 'username'>> = fc.record(
  {
    name: text(50),
    type: fc.constantFrom('human' as const, 'feed' as const, 'bot' as const),
    description: text(256),
    timezone: fc.constantFrom('Etc/GMT+1', 'America/Port-au-Prince', 'utc'),
    locale: fc.stringMatching(/^[a-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$/),
    verified_domain: fc.stringMatching(/^[A-Za-z0-9.-]{1,253}$/),
    created_at: moment,
    avatar_image: image,
    cover_image: image,
    annotations: fc
      .array(fc.dictionary(text(20), value, { maxKeys: 4 }), { maxLength: 3 })
      .filter((list) => JSON.stringify(list).length <= 65_536),
  },
  { requiredKeys: ['created_at'], noNullPrototype: true },
)

/** Users with these ids, named `n1`, `n2` and so on behind a prefix. */
export function nastyUsers(count: number, id: (n: number) => bigint, prefix = 'n'): UserRecord[] {
  const sample = fc.sample(fields, { seed: 16, numRuns: count })
  return sample.map((one, n) => ({ id: id(n + 1), username: `${prefix}${n + 1}`, ...one }))
}
