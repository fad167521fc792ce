// The random reads of never-stale.test.ts: every list, users, ids, relationships, search and tokens, by all kinds of viewers.
import type { Person, Scene } from './stale-world.ts'

export type Read = { path: string; token: string | undefined; viewer: string }

const LISTS = ['followers', 'following']
// Pages of the other lists never come from memory: only what is shown of their users and viewers does.
const ALL_LISTS = [
  ...LISTS,
  ...LISTS,
  ...LISTS,
  ...LISTS,
  ...['mutuals', 'followers/known', 'followers/unreciprocated', 'following/unreciprocated'],
]
// Pages begin and end at ids that some page has shown.
const CURSORS = 60

export function createReads(scene: Scene) {
  const { world, chance, some, person } = scene
  const cursors: string[] = ['1']

  /** Whoever reads: mostly a user, else an app, nobody, or somebody whose token holds no more. */
  function viewer(): { who: Person; token: string | undefined; viewer: string } {
    const who = person()
    const dice = scene.next()
    if (dice < 0.7) return { who, token: scene.by(who), viewer: `user ${who.id}` }
    if (dice < 0.8) return { who, token: some(world.apps), viewer: 'an app' }
    if (dice < 0.9) return { who, token: some(world.admins), viewer: 'the account system' }
    if (dice < 0.95 || world.spent.length === 0) return { who, token: undefined, viewer: 'nobody' }
    // The newest ones: what was revoked a moment ago.
    return { who, token: some(world.spent.slice(-6)), viewer: 'a token that is spent' }
  }

  function reference(): string {
    if (world.gone.length > 0 && chance(0.05)) return some(world.gone.slice(-6))
    const { id, username } = person()
    return chance(0.85) ? id : `@${username}`
  }

  function paging(): string[] {
    const cursor = () => some(cursors)
    const dice = scene.next()
    if (dice < 0.5) return []
    if (dice < 0.6) return [`count=${some([1, 2, 3, 200])}`]
    if (dice < 0.75) return [`before_id=${cursor()}`, `count=${some([1, 3, 20])}`]
    if (dice < 0.9) return [`since_id=${cursor()}`, `count=${some([-3, -1, 1, 20])}`]
    return [`since_id=${cursor()}`, `before_id=${cursor()}`]
  }

  function listed(owner: string): string {
    const list = some(ALL_LISTS)
    const query = paging()
    const dice = scene.next()
    if (dice < 0.05) query.push('q=p')
    else if (dice < 0.1 && LISTS.includes(list))
      query.splice(0, 9, `sort=${some(['oldest', 'username', 'followers'])}`)
    else if (dice < 0.13) query.push('include_annotations=1')
    return `/users/${owner}/${list}${query.length === 0 ? '' : `?${query.join('&')}`}`
  }

  function path(who: Person): string {
    const whose = () => (chance(0.4) ? who.id : reference())
    const dice = scene.next()
    if (dice < 0.5) return listed(whose())
    if (dice < 0.6) return `/users/${whose()}`
    if (dice < 0.63) return '/users/me'
    if (dice < 0.68) return `/users?ids=${reference()},${reference()},${reference()}`
    if (dice < 0.78) return `/users/${whose()}/${some(LISTS)}/ids?${chance(0.6) ? '' : paging().join('&')}`
    if (dice < 0.82) return `/relationships?source=${whose()}&targets=${reference()},${reference()}`
    if (dice < 0.9) return `/users/${chance(0.8) ? who.id : reference()}/${some(['muted', 'blocked'])}`
    if (dice < 0.95) return `/users/me/requests${some(['', '/sent'])}`
    return some(['/users/me/suggestions', '/token', `/users/search?q=p&count=${some([3, 200])}`])
  }

  return {
    /** What is asked each time: whatever the star sees of all people, the lists of the star, and the token that was spent last. */
    standing(): Read[] {
      const { id, tokens } = scene.star()
      const own = { token: tokens[0], viewer: `user ${id}` }
      const other = { token: world.apps[0], viewer: 'an app' }
      return [
        { ...own, path: `/users?ids=${world.people.map((one) => one.id)}` },
        { ...own, path: `/users/${id}/followers` },
        { ...other, path: `/users/${id}/following` },
        { ...other, path: `/users/${id}/followers/ids` },
        { ...own, path: `/users/${id}/following/ids` },
        ...world.spent.slice(-1).map((token) => ({ token, viewer: 'a token that is spent', path: '/token' })),
      ]
    },
    choose(): Read {
      const { who, ...read } = viewer()
      return { ...read, path: path(who) }
    },
    /** Remembers the pagination ids of an answer. */
    note(body: string): void {
      for (const [, id] of body.matchAll(/"pagination_id":"(\d+)"/g)) cursors.push(id as string)
      cursors.splice(0, cursors.length - CURSORS)
    },
  }
}
