// Relationships as rows of files, and the statements of import, export and audit for each kind.
import { FOLLOWS, RELATION_KINDS, type RelationKind } from '../relations/kinds.ts'

/**
 * A relationship by its kind's names: `{follower_id, followee_id, followed_at, id}` and so on. Ids are bigint, the date
 * is text in whole UTC seconds; date and id may be absent.
 */
export type RelationRecord = { [column: string]: bigint | string | undefined }

/** The highest id that a file may give. The sequence rises to it and goes on from there: after 2^63−1 no write would get an id. */
export const MAX_RELATION_ID = 2n ** 62n

/** Rewrites a statement about follows for another kind; the files under cypher/ are written for follows. */
export function statementOf(kind: RelationKind, follows: string): string {
  if (kind === FOLLOWS) return follows
  return follows
    .replaceAll(`:${FOLLOWS.type}`, `:${kind.type}`)
    .replaceAll(FOLLOWS.from, kind.from)
    .replaceAll(FOLLOWS.to, kind.to)
    .replaceAll(FOLLOWS.at, kind.at)
}

/** The options of `import` and `export` that name files, for messages. */
export const FILE_OPTIONS = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
  ['users', ...RELATION_KINDS.map(({ plural }) => plural)].map((what) => `--${what} FILE`),
)
