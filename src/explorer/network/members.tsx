// The people of a network as a list by communities: what the drawing shows, for keyboards and screen readers.
import { COLOURS } from '../../picture/colours.ts'
import { hrefOf } from '../route.ts'
import { counted } from '../text.ts'
import type { Network, Person } from './ego.ts'

/** The address of a person's network. */
export const networkHref = (userId: string): string => hrefOf(`/users/${userId}/network`)

type Group = { community: number; people: Person[] }

/** `point` gets the person under the pointer or with the focus, and null afterwards. */
export function Members({
  network,
  communities,
  point,
}: {
  network: Network
  communities: number[] | undefined
  point: (id: string | null) => void
}) {
  return (
    <section class="members" aria-label="People of the network">
      {groupsOf(network, communities).map(({ community, people }) => (
        <section key={community}>
          <h2>
            {community < COLOURS.length - 1 && (
              <svg viewBox="0 0 10 10" aria-hidden="true">
                <circle cx="5" cy="5" r="5" fill={COLOURS[community]} />
              </svg>
            )}
            {community < 0
              ? 'People'
              : community < COLOURS.length - 1
                ? `Community ${community + 1}`
                : 'Others'}
            , {counted(people.length, 'person', 'people')}
          </h2>
          <ul>
            {people.map(({ id, username, name, followers }) => (
              <li key={id}>
                <a
                  href={networkHref(id)}
                  onFocus={() => point(id)}
                  onBlur={() => point(null)}
                  onMouseEnter={() => point(id)}
                  onMouseLeave={() => point(null)}
                >
                  <b>
                    <bdi>{name === '' ? username : name}</bdi>
                  </b>{' '}
                  @{username}
                </a>{' '}
                <small>{counted(followers, 'follower')}</small>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  )
}

// The largest community first, in each the most followed person first. Communities that share the last colour share a group.
function groupsOf({ people }: Network, communities: number[] | undefined): Group[] {
  const groups = new Map<number, Person[]>()
  for (const [n, person] of people.entries()) {
    const community = communities === undefined ? -1 : Math.min(communities[n] ?? 0, COLOURS.length - 1)
    const group = groups.get(community)
    if (group === undefined) groups.set(community, [person])
    else group.push(person)
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([community, members]) => ({
      community,
      people: members.sort((a, b) => b.followers - a.followers),
    }))
}
