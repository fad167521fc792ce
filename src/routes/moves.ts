// The handler of POST users/{id}/move, with which the account system moves the followers of a user to another user.
import { wait } from '../clock.ts'
import type { Answer } from '../http/answer.ts'
import { bodyCheck } from '../http/schema.ts'
import type { MoveResult } from '../moves/moves.ts'
import type { Parts } from '../parts.ts'
import { USER_ID } from '../users/field-types.ts'
import { parseReference } from '../users/reference.ts'
import { noSuchUser } from '../users/users.ts'
import type { Call } from './call.ts'
import { provisionedId } from './users.ts'

/** The JSON of POST users/{id}/move. */
export const POST_MOVE = {
  type: 'object',
  required: ['to'],
  properties: {
    to: { type: 'string', pattern: USER_ID, description: 'The id of the user to follow instead.' },
  },
} as const

const check = bodyCheck<{ to: string }>(POST_MOVE, ({ instancePath }) =>
  instancePath === '/to' ? 'the field to must be the id of a user as a text, such as "9".' : undefined,
)

// A move that takes longer is answered in pieces. Other calls of the account system may take 30 s (app.ts).
const QUICK_MS = 5_000
// With more refused followers than this the answer is sent in pieces, too.
const FEW = 1_000
// Proxies and clients close a connection on which nothing arrives for a minute or less.
const BLANK_MS = 10_000

/** `POST users/{id}/move`. If the client leaves, the move goes on; the same call resumes one that was interrupted. */
export async function moveFollowers(parts: Parts, call: Call): Promise<Answer> {
  const id = provisionedId(call)
  const reference = parseReference(check(call.body).to)
  if (reference === null || typeof reference === 'string' || !('id' in reference)) throw noSuchUser()
  const move = await parts.moves.begin(id, reference.id)
  if (move === null) throw noSuchUser()
  const quick = await within(QUICK_MS, move.done)
  if (quick === null) throw noSuchUser()
  if (quick === undefined || quick.refused.length > FEW) return { slow: slowText(move.done) }
  return { data: { ...quick, refused: [...quick.refused] } }
}

/** The JSON of a result that is still awaited: a space every `blankMs`, then the result in pieces. Throws if the move failed. */
export async function* slowText(
  done: Promise<MoveResult | null>,
  blankMs = BLANK_MS,
): AsyncGenerator<string> {
  let result = await within(blankMs, done)
  for (; result === undefined; result = await within(blankMs, done)) yield ' '
  // The status was sent already, so that one of the users was deleted can only be signalled by closing the connection.
  if (result === null) throw noSuchUser()
  const { moved, kept, refused } = result
  yield `{"moved":${moved},"kept":${kept},"refused":[`
  let piece = ''
  let comma = ''
  for (const one of refused) {
    piece += comma + JSON.stringify(one)
    comma = ','
    if (piece.length < 16_384) continue
    yield piece
    piece = ''
  }
  yield `${piece}]}`
}

// The result, or undefined if there is none after `ms`.
async function within<T>(ms: number, result: Promise<T>): Promise<T | undefined> {
  const timeout = new AbortController()
  const late = wait(ms, undefined, { ref: false, signal: timeout.signal }).catch(() => undefined)
  try {
    return await Promise.race([result, late])
  } finally {
    timeout.abort()
  }
}
