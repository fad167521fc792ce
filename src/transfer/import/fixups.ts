// The statements that an import of relationships adds to each of its transactions, because kinds exclude each other: the pairs were checked
// before the transaction had the lock.
import { BLOCKS, FOLLOWS, REQUESTS, type RelationKind } from '../../relations/kinds.ts'
import { blockedReason, followedReason } from './reasons.ts'

type Fixup = {
  file: string
  /** The kind for which the statement is written, see `statementOf`. */
  of: RelationKind
  /** If the statement ends rows that were just written and returns them: the reason for which they are refused. */
  refused?: (pair: { from: bigint; to: bigint }) => string
}

const END_FOLLOWED_REQUESTS: Fixup = { file: 'end-followed-requests', of: FOLLOWS }
const undoBlocked = (of: RelationKind): Fixup => ({
  file: 'undo-blocked-follows',
  of,
  refused: blockedReason,
})

/** The statements of each kind, in order; a kind that is absent has none. */
export const FIXUPS: ReadonlyMap<RelationKind, readonly Fixup[]> = new Map<RelationKind, Fixup[]>([
  [FOLLOWS, [undoBlocked(FOLLOWS), END_FOLLOWED_REQUESTS]],
  [BLOCKS, [FOLLOWS, REQUESTS].map((of): Fixup => ({ file: 'end-follows-of-blocked', of }))],
  [REQUESTS, [undoBlocked(REQUESTS), { ...END_FOLLOWED_REQUESTS, refused: followedReason }]],
])
