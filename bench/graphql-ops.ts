// Knows how an op is put in GraphQL: what a client of the generated schema would send. It has no tokens: the viewer is a variable.
import type { Op, Viewer } from './op.ts'

const USER = `id username name type description timezone locale
  followersConnection { totalCount } followingConnection { totalCount }
  you_follow: followersConnection(where: {node: {id: {eq: $viewer}}}) { totalCount }
  follows_you: followingConnection(where: {node: {id: {eq: $viewer}}}) { totalCount }`

// Its cursors count rows from the start, so a page at a depth is written as the offset that it stands for.
const PAGE = `query ($viewer: BigInt!, $user: BigInt!, $after: String) { users(where: {id: {eq: $user}}) {
  followersConnection(first: 20, after: $after, sort: [{edge: {id: DESC}}]) { totalCount pageInfo { hasNextPage endCursor }
    edges { properties { id } node { ${USER} } } } } }`
const FOLLOW = `mutation ($viewer: BigInt!, $user: BigInt!, $edge: FollowsCreateInput!) {
  updateUsers(where: {id: {eq: $viewer}}, update: {following: [{connect: [{where: {node: {id: {eq: $user}}}, edge: $edge}]}]}) { info { relationshipsCreated } } }`
const UNFOLLOW = `mutation ($viewer: BigInt!, $user: BigInt!) {
  updateUsers(where: {id: {eq: $viewer}}, update: {following: [{disconnect: [{where: {node: {id: {eq: $user}}}}]}]}) { info { relationshipsDeleted } } }`
const IDS = `query ($user: BigInt!) { users(where: {id: {eq: $user}}) { followersConnection(sort: [{edge: {id: DESC}}]) { edges { node { id } } } } }`
const RELATIONSHIPS = `query ($viewer: BigInt!, $targets: [BigInt!]!) { users(where: {id: {in: $targets}}) { id username
  you_follow: followersConnection(where: {node: {id: {eq: $viewer}}}) { edges { properties { id } } }
  follows_you: followingConnection(where: {node: {id: {eq: $viewer}}}) { edges { properties { id } } } } }`

let made = 0

/** The body of the POST, null for what it cannot say. Follows get ids far above the sequence's. */
export function graphqlBody(op: Op, viewers: Viewer[]): string | null {
  const viewer = (viewers[op.viewer] as Viewer).id
  const say = (query: string, variables: Record<string, unknown>) => JSON.stringify({ query, variables })
  switch (op.kind) {
    case 'page': {
      const after =
        op.skip === undefined || op.skip === 0
          ? null
          : Buffer.from(`arrayconnection:${op.skip - 1}`).toString('base64')
      return say(PAGE, { viewer, user: op.user, after })
    }
    case 'follow': {
      made += 1
      const id = String(BigInt(Date.now()) * 1_000_000n + BigInt(made))
      return say(FOLLOW, { viewer, user: op.user, edge: { id, follower_id: viewer, followee_id: op.user } })
    }
    case 'unfollow':
      return say(UNFOLLOW, { viewer, user: op.user })
    case 'ids':
      return say(IDS, { user: op.user })
    case 'relationships':
      return say(RELATIONSHIPS, { viewer, targets: op.targets })
    default:
      return null
  }
}
