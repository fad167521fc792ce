// A person: the card with counts and buttons, and the lists around them.
import type { User } from '../../client/client.ts'
import { useSession } from '../context.ts'
import { Failure } from '../failure.tsx'
import { useLive } from '../live.ts'
import { hrefOf } from '../route.ts'
import { formatDay, formatNumber } from '../text.ts'
import { useLoad } from '../use-load.ts'
import { useTitle } from '../use-title.ts'
import { Avatar, Badges } from './identity.tsx'
import { BlockButton, FollowButton, MuteButton } from './relation-buttons.tsx'
import type { Tab } from './tab.ts'
import { FIRST_TAB, tabsFor } from './tabs.tsx'

export function Person({ id, tab, query }: { id: string; tab: string | undefined; query: URLSearchParams }) {
  const { client, me } = useSession()
  const { changes } = useLive()
  const own = id === 'me' || id === me?.id
  const user = useLoad(
    async (signal) => (await client.call('user', { user_id: id, include_html: 0 }, { signal })).data,
    [id, own ? changes : 0],
  )
  const base = own && me !== null ? '/me' : `/users/${id}`
  const tabs = tabsFor({ own: own && me !== null, signedIn: me !== null })
  const current = tabs.find(({ key }) => key === (tab ?? FIRST_TAB))
  return (
    <>
      {user.error !== undefined && <Failure error={user.error} again={user.again} />}
      {user.value === undefined ? (
        user.loading && <p role="status">Loading …</p>
      ) : (
        <>
          <Card user={user.value} changed={user.set} />
          <TabLinks tabs={tabs} base={base} current={current} />
          {current === undefined ? (
            <p>There is no such page of this person.</p>
          ) : (
            <current.View
              key={`${current.key}`}
              user={user.value}
              own={own}
              base={`${base}/${current.key}`}
              query={query}
            />
          )}
        </>
      )}
    </>
  )
}

function Card({ user, changed }: { user: User; changed: (user: User) => void }) {
  useTitle(`${user.name === '' ? user.username : user.name} (@${user.username})`)
  const done = (next: User | null) => next !== null && changed(next)
  const { moved_to: movedTo } = user as { moved_to?: string }
  return (
    <section class="card" aria-labelledby="person">
      <Avatar user={user} />
      <div>
        <h1 id="person">
          <bdi>{user.name === '' ? user.username : user.name}</bdi>
        </h1>
        <p class="quiet">
          @{user.username}, here since {formatDay(user.created_at)}
        </p>
        <Badges user={user} />
        {movedTo !== undefined && (
          <p>
            This person has <a href={hrefOf(`/users/${movedTo}`)}>moved to another account</a>.
          </p>
        )}
        {user.description !== undefined && <p class="about">{user.description.text}</p>}
        <p class="counts">
          <span>
            <b data-count="followers">{formatNumber(user.counts.followers)}</b>{' '}
            {user.counts.followers === 1 ? 'follower' : 'followers'}
          </span>
          <span>
            <b data-count="following">{formatNumber(user.counts.following)}</b> following
          </span>
        </p>
        <div class="buttons">
          <FollowButton user={user} done={done} />
          {user.you_follow !== undefined && (
            <>
              <MuteButton user={user} done={done} />
              <BlockButton user={user} done={done} />
            </>
          )}
        </div>
      </div>
    </section>
  )
}

function TabLinks({ tabs, base, current }: { tabs: Tab[]; base: string; current: Tab | undefined }) {
  return (
    <nav class="tabs" aria-label="About this person">
      {tabs.map(({ key, name }) => (
        <a key={key} href={hrefOf(`${base}/${key}`)} aria-current={key === current?.key ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  )
}
