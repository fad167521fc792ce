// What tells one person from another at a glance: the picture, and badges.
import type { User } from '../../client/client.ts'

/** The avatar; for the default one the first letter, which needs no request. */
export function Avatar({ user }: { user: User }) {
  const { url, is_default } = user.avatar_image
  return is_default ? (
    <span class="avatar" aria-hidden="true">
      {[...user.username][0]?.toUpperCase()}
    </span>
  ) : (
    <img class="avatar" src={url} alt="" loading="lazy" width={40} height={40} />
  )
}

/** Badges of a person: bot or feed, locked, and what stands between the person and the reader. */
export function Badges({ user }: { user: User }) {
  const names = [
    user.type !== 'human' && user.type,
    user.locked && 'locked',
    user.hides_lists && 'hides lists',
    user.follows_you && 'follows you',
    user.you_muted && 'muted',
    user.you_blocked && 'blocked',
    user.you_requested && 'requested',
  ].filter((name) => typeof name === 'string')
  if (names.length === 0) return null
  return (
    <span class="badges">
      {names.map((name) => (
        <span key={name} class="badge">
          {name}
        </span>
      ))}
    </span>
  )
}
