// Buttons that follow, request, mute and block, each named by what it will do.
import { useState } from 'preact/hooks'
import type { User } from '../../client/client.ts'
import { say } from '../announce.tsx'
import { useSession } from '../context.ts'
import { sentenceOf } from '../failure.tsx'

export type Changed = (user: User | null) => void

/** A button that runs one change; errors are announced, and the button can be pressed again. */
export function ChangeButton({
  name,
  label,
  change,
  kind = '',
}: {
  name: string
  /** The name for screen readers, where rows repeat the same button. */
  label: string
  change: () => Promise<void>
  kind?: string
}) {
  const [busy, setBusy] = useState(false)
  const press = async () => {
    if (busy) return
    setBusy(true)
    try {
      await change()
    } catch (error) {
      say(sentenceOf(error))
    }
    setBusy(false)
  }
  return (
    <button type="button" class={kind} aria-label={label} aria-busy={busy} onClick={press}>
      {name}
    </button>
  )
}

/** Follow, unfollow, request or take back, as the fields `you_*` of the user allow; nothing for oneself. */
export function FollowButton({ user, done }: { user: User; done: Changed }) {
  const { client } = useSession()
  if (user.you_follow === undefined) return null
  const who = `@${user.username}`
  // Without keys: the same button changes its name, and keeps the focus of a keyboard.
  const button = (name: string, kind: string, call: (id: string) => Promise<User>, past: string) => (
    <ChangeButton
      name={name}
      label={`${name} ${who}`}
      kind={kind}
      change={async () => {
        const changed = await call(user.id)
        done(without(changed))
        say(`${changed.you_requested ? 'Requested to follow' : past} ${who}.`)
      }}
    />
  )
  if (user.you_follow) return button('Unfollow', '', client.unfollow, 'Unfollowed')
  if (user.you_requested) return button('Take back request', '', client.unfollow, 'Took back the request to')
  if (user.you_can_follow !== true) return null
  const name = user.locked && !user.follows_you ? 'Request to follow' : 'Follow'
  return button(name, 'main', client.follow, 'You follow')
}

export function MuteButton(props: { user: User; done: Changed }) {
  const { client } = useSession()
  return props.user.you_muted ? (
    <Restriction name="Unmute" call={client.unmute} {...props} />
  ) : (
    <Restriction name="Mute" call={client.mute} {...props} />
  )
}

/** A block also ends following, both ways. */
export function BlockButton(props: { user: User; done: Changed }) {
  const { client } = useSession()
  return props.user.you_blocked ? (
    <Restriction name="Unblock" call={client.unblock} {...props} />
  ) : (
    <Restriction name="Block" call={client.block} {...props} />
  )
}

type RestrictionProps = { name: string; call: (id: string) => Promise<User>; user: User; done: Changed }

function Restriction({ name, call, user, done }: RestrictionProps) {
  const who = `@${user.username}`
  const change = async () => {
    done(without(await call(user.id)))
    say(`${name.replace(/e$/, '')}ed ${who}.`)
  }
  return <ChangeButton name={name} label={`${name} ${who}`} change={change} />
}

// The answer leaves `you_requested` out where no request stands, so the old value must not stay.
const without = (user: User): User => ({ ...({ you_requested: undefined } as object), ...user })
