// The reader's own events as they come: follows and requests, by them and of them.
import type { Event, User } from '../../client/client.ts'
import { Failure } from '../failure.tsx'
import { endsOf, useLive } from '../live.ts'
import { hrefOf } from '../route.ts'
import { formatDate } from '../text.ts'

/** The events since the page was opened, the newest first. */
export function LiveEvents() {
  const { events, error } = useLive()
  return (
    <>
      {error !== undefined && <Failure error={error} />}
      {events.length === 0 && (
        <p class="quiet">Nothing yet. New followers and requests appear here by themselves.</p>
      )}
      <ol class="events" aria-label="Events">
        {events.map((event) => (
          <EventLine key={event.meta.id} event={event} />
        ))}
      </ol>
    </>
  )
}

function EventLine({ event }: { event: Event }) {
  const ends = endsOf(event)
  const { type, is_deleted: ended, timestamp } = event.meta
  const verb =
    type === 'request'
      ? ended
        ? 'no longer asks to follow'
        : 'asks to follow'
      : ended
        ? 'no longer follows'
        : 'follows'
  return (
    <li>
      <time dateTime={new Date(timestamp).toISOString()}>{formatDate(timestamp)}</time>{' '}
      {ends === null ? (
        'A deleted user was part of this change.'
      ) : (
        <>
          <Name user={ends.user} /> {verb} <Name user={ends.other} />
        </>
      )}
    </li>
  )
}

const Name = ({ user }: { user: User }) => <a href={hrefOf(`/users/${user.id}`)}>@{user.username}</a>
