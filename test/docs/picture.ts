// Knows what a picture holds, and which users and follows of the sample it should.
import { createRequire } from 'node:module'
import { sampleFollows, sampleUsers } from '../../src/transfer/sample/sample.ts'

// Loaded without its types, which do not bear exactOptionalPropertyTypes.
const require = createRequire(import.meta.url)
const { SaxesParser } = require('saxes') as {
  SaxesParser: new () => {
    on(event: 'error', heard: (error: Error) => void): void
    on(event: 'opentag', heard: (tag: { name: string }) => void): void
    write(text: string): { close(): void }
  }
}

/** The document's elements by name; throws where the text is not well-formed XML. */
export function elements(svg: string): Map<string, number> {
  const counts = new Map<string, number>()
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name }) => counts.set(name, (counts.get(name) ?? 0) + 1))
  parser.write(svg).close()
  return counts
}

/** `name: followers` of each circle, sorted. */
export const namesOf = (svg: string): string[] =>
  [...svg.matchAll(/<title>@(\w+): ([\d,]+) followers</g)]
    .map(([, name, count]) => `${name}: ${count?.replace(',', '')}`)
    .sort()

/** The most followed of the sample as `namesOf` shows them, and how many follows there are among them, counted without Cypher. */
export function sampleAmong(count: number): { users: string[]; follows: number } {
  const users = sampleUsers()
  const follows = sampleFollows(users)
  const followers = new Map<string, number>()
  for (const { followee_id } of follows) followers.set(followee_id, (followers.get(followee_id) ?? 0) + 1)
  const of = ({ id }: { id: string }) => followers.get(id) ?? 0
  const top = users.sort((a, b) => of(b) - of(a) || Number(a.id) - Number(b.id)).slice(0, count)
  const ids = new Set(top.map(({ id }) => id))
  return {
    users: top.map((user) => `${user.username}: ${of(user)}`).sort(),
    follows: follows.filter((follow) => ids.has(follow.follower_id) && ids.has(follow.followee_id)).length,
  }
}
