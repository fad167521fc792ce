// Turns a verdict other than `done` into the error that the caller gets, from single and bulk routes.
import { ApiError, badRequest, unauthorized } from '../http/errors.ts'
import { noSuchUser } from '../users/users.ts'
import type { ChangeKind, Verdict } from './changes.ts'

/** The error for a verdict. */
export function refusal(kind: ChangeKind, verdict: Verdict): ApiError {
  switch (verdict) {
    case 'self-follow':
      return badRequest(`nobody can ${kind} themselves; name another user.`, 'self-follow')
    case 'not-requested':
      return new ApiError('not-requested', 'This user has not requested to follow you, or no longer does.')
    case 'blocked':
      return new ApiError('blocked', 'Forbidden: one of the two users has blocked the other.')
    case 'bot-rule':
      return new ApiError('bot-rule', 'Forbidden: a bot may only follow users that follow it.')
    case 'follow-limit':
      return new ApiError(
        'follow-limit',
        kind === 'accept-request'
          ? 'The user who requested this already follows as many users as its plan allows; the request stays.'
          : 'This user already follows as many users as its plan allows; unfollow somebody first.',
      )
    case 'unauthorized':
      return unauthorized('invalid-token', 'The token is not valid.')
    default:
      return noSuchUser()
  }
}
