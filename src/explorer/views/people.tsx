// A list of people, and one person's row in it.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { User } from '../../client/client.ts'
import { useSession } from '../context.ts'
import { hrefOf } from '../route.ts'
import { counted, formatDate } from '../text.ts'
import { Avatar, Badges } from './identity.tsx'
import { FollowButton } from './relation-buttons.tsx'

/** When the relationship of a list's item was made, whatever the list calls it. */
type Dates = Partial<Record<'followed_at' | 'muted_at' | 'blocked_at' | 'requested_at', string | null>>
export type Listed = User & Dates & { pagination_id?: string; known_followers?: number }

/** Buttons of a row in place of the follow button; `done` shows the changed user, or removes the row. */
export type RowActions = (user: Listed, done: (user: User | null) => void) => ComponentChildren

export function People({ users, label, actions }: { users: Listed[]; label: string; actions?: RowActions }) {
  if (users.length === 0) return null
  return (
    <ul class="people" aria-label={label}>
      {users.map((user) => (
        <Row key={user.id} given={user} {...(actions === undefined ? {} : { actions })} />
      ))}
    </ul>
  )
}

/** A row of fixed height, so that a list that drops rows at one end keeps its place on the screen. */
export function Row({ given, actions }: { given: Listed; actions?: RowActions }) {
  const { me } = useSession()
  const [user, setUser] = useState<Listed | null>(given)
  useEffect(() => setUser(given), [given])
  if (user === null) return <li class="row gone" />
  const done = (changed: User | null) => setUser(changed === null ? null : { ...user, ...changed })
  const at = formatDate(user.followed_at ?? user.muted_at ?? user.blocked_at ?? user.requested_at)
  return (
    <li class="row" data-id={user.id}>
      <Avatar user={user} />
      <div class="what">
        <a href={hrefOf(`/users/${user.id}`)}>
          <b>
            {/* Text that runs from right to left, or an override without an end, stays in here. */}
            <bdi>{user.name === '' ? user.username : user.name}</bdi>
          </b>{' '}
          <span>@{user.username}</span>
        </a>
        <Badges user={user} />
        <small>
          {user.known_followers !== undefined && `followed by ${user.known_followers} whom you follow · `}
          {counted(user.counts.followers, 'follower')}
          {at !== '' && ` · ${at}`}
        </small>
      </div>
      <div class="buttons">
        {actions !== undefined
          ? actions(user, done)
          : me !== null && <FollowButton user={user} done={done} />}
      </div>
    </li>
  )
}
