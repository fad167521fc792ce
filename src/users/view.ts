// Makes the JSON text of the User object from what was read of a user, for a viewer.
import { type Item, type ItemForm, idIn } from './item.ts'
import { profileOf, renderProfile } from './profile.ts'
import { escapeMark, placeMark } from './public-url.ts'
import { describe } from './text.ts'

/** The user of the request's token; null for an app token or no token. */
export type Viewer = { id: bigint; type: string } | null

/** The request's parameters for the User object: whether it has annotations, and whether its description has HTML. */
export type Show = { annotations: boolean; html: boolean }

/** The relations between a viewer and a user. */
export type Relation = {
  youFollow: boolean
  followsYou: boolean
  youMuted: boolean
  youBlocked: boolean
  blocksYou: boolean
}

/** What a query must read for this viewer and these parameters. */
export const itemForm = (viewer: Viewer, show: Show): ItemForm => ({
  viewer: viewer !== null,
  annotations: show.annotations,
})

/**
 * Whether `POST …/follow` would succeed (with a follow, or a request to a locked user), regardless of the follow limit and the scopes of the token. cypher/changes/follow.cypher has
 * the same rule in the same order; test/contract/verdict.test.ts compares both for every combination.
 */
export function canFollow(viewer: { id: bigint; type: string }, userId: string, relation: Relation): boolean {
  return String(viewer.id) !== userId && canFollowAnother(viewer.type, relation)
}

function canFollowAnother(type: string, relation: Relation): boolean {
  if (relation.youFollow) return true
  if (relation.youBlocked || relation.blocksYou) return false
  return type !== 'bot' || relation.followsYou
}

/** The User object as JSON text without the closing brace, so that lists can add keys. */
export function openUserJson(item: Item, viewer: Viewer, show: Show): string {
  const [stored, following, followers, mentions, annotations] = item
  const open = profileText(stored, mentions, show)
  let text = `${open},"counts":{"following":${following},"followers":${followers},"posts":0,"stars":0}`
  if (show.annotations) text += `,"annotations":${listText(annotations)}`
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
  const requested = item[7]?.[3] === true ? ',"you_requested":true' : ''
  return `${text},"follows_you":${relation.followsYou},"you_follow":${relation.youFollow},"you_muted":${relation.youMuted},"you_blocked":${relation.youBlocked},"you_can_follow":${canFollowAnother(viewer.type, relation)},"you_can_subscribe":${subscribe}${requested}`
}

// By Cypher the property can be anything.
function listText(stored: unknown): string {
  if (typeof stored !== 'string') return '[]'
  try {
    const list: unknown = JSON.parse(stored)
    if (!Array.isArray(list)) return '[]'
    // An event is one line.
    return /[\r\n]/.test(stored) ? JSON.stringify(list) : stored
  } catch {
    return '[]'
  }
}

/** The whole User object as JSON text. */
export const userJson = (item: Item, viewer: Viewer, show: Show): string =>
  `${openUserJson(item, viewer, show)}}`

// The constant part of the User. The stored text is returned unchanged except in three rare cases: a node that was written by hand has
// none, the description has mentions, or the request asks for no HTML.
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

function change(text: string, edit: (user: Described) => void): string {
  const user = JSON.parse(`${escapeMark(text)}}`) as Described
  edit(user)
  return placeMark(JSON.stringify(user)).slice(0, -1)
}
