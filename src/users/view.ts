// Knows how one user is shown: an item of the graph and a viewer become the User object's JSON text.
import { type Item, type ItemForm, idIn } from './item.ts'
import { profileOf, renderProfile } from './profile.ts'
import { escapeMark, placeMark } from './public-url.ts'
import { describe } from './text.ts'

/** Whose eyes: null where no user looks (app token, no token). */
export type Viewer = { id: bigint; type: string } | null

/** How the caller wants Users shown, from the general parameters. */
export type Show = { annotations: boolean; html: boolean }

/** The six relations of a viewer to a user, as booleans. */
export type Relation = {
  youFollow: boolean
  followsYou: boolean
  youMuted: boolean
  youBlocked: boolean
  blocksYou: boolean
}

/** What the query must fetch for this viewer and these wishes. */
export const itemForm = (viewer: Viewer, show: Show): ItemForm => ({
  viewer: viewer !== null,
  annotations: show.annotations,
})

/**
 * Whether `POST …/follow` would be answered 200, plan limit and scopes apart: the same rule, over the same facts and
 * in the same order, as cypher/changes/follow.cypher; test/contract/verdict.test.ts walks every combination of both.
 */
export function canFollow(viewer: { id: bigint; type: string }, userId: string, relation: Relation): boolean {
  return String(viewer.id) !== userId && canFollowAnother(viewer.type, relation)
}

function canFollowAnother(type: string, relation: Relation): boolean {
  if (relation.youFollow) return true
  if (relation.youBlocked || relation.blocksYou) return false
  return type !== 'bot' || relation.followsYou
}

/** The User object as JSON text, left open (no closing brace) so that a list can add its own keys. */
export function openUserJson(item: Item, viewer: Viewer, show: Show): string {
  const [stored, following, followers, mentions, annotations] = item
  const open = profileText(stored, mentions, show)
  let text = `${open},"counts":{"following":${following},"followers":${followers},"posts":0,"stars":0}`
  if (show.annotations) text += `,"annotations":${annotations ?? '[]'}`
  if (viewer === null) return text
  if (idIn(open) === String(viewer.id)) return text
  const relation: Relation = {
    youFollow: item[5] === true,
    followsYou: item[6] === true,
    youMuted: item[7]?.[0] === true,
    youBlocked: item[7]?.[1] === true,
    blocksYou: item[7]?.[2] === true,
  }
  const subscribe = !relation.youBlocked && !relation.blocksYou
  return `${text},"follows_you":${relation.followsYou},"you_follow":${relation.youFollow},"you_muted":${relation.youMuted},"you_blocked":${relation.youBlocked},"you_can_follow":${canFollowAnother(viewer.type, relation)},"you_can_subscribe":${subscribe}`
}

/** The whole User object as JSON text. */
export const userJson = (item: Item, viewer: Viewer, show: Show): string =>
  `${openUserJson(item, viewer, show)}}`

// The stored text serves as it is, but for three rare cases: a node written by hand has none, mentions are resolved
// when read, and a caller may not want html.
function profileText(stored: Item[0], mentions: Item[3], show: Show): string {
  if (show.html && typeof stored === 'string' && (mentions === null || mentions.length === 0)) return stored
  const ids = new Map((mentions ?? []).map(([name, id]) => [name, String(id)]))
  let text = typeof stored === 'string' ? stored : renderProfile(profileOf(stored), ids)
  if (mentions !== null && mentions.length > 0 && typeof stored === 'string') {
    text = change(text, (user) => {
      if (user.description) user.description = describe(user.description.text, ids)
    })
  }
  if (!show.html && text.includes('"description":')) {
    text = change(text, (user) => {
      delete user.description?.html
    })
  }
  return text
}

type Described = { description?: { text: string; html?: string; entities?: unknown } }

function change(text: string, mend: (user: Described) => void): string {
  const user = JSON.parse(`${escapeMark(text)}}`) as Described
  mend(user)
  return placeMark(JSON.stringify(user)).slice(0, -1)
}
