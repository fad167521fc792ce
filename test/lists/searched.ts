// A community in which every list of one user has members with the most different names, and a plain model of who matches a search.
import { randomInt } from 'node:crypto'
import { ROUTES } from '../../src/routes/table.ts'
import { patiently, untilAnswered } from '../support/patiently.ts'
import { random } from '../support/random.ts'
import type { Answered, TestService } from '../support/service.ts'
import type { Person } from './fixtures.ts'

const NAMES = [
  'Jörg Größer',
  'JORG bo',
  'Ada Lovelace',
  'Ádám Łukasz',
  'bo ada',
  'O’Brien-Smith 12',
  '李小龍',
  'Æsa Bo',
]
const FIRST = ['ada', 'Ada_L', 'jorg', 'bo_2', 'B', 'obrien', 'z_ada']
export const QUERIES = [
  ...[
    'a',
    'ada',
    'ADA',
    'Ádá',
    'lo ad',
    'jorg',
    'Jörg',
    'gross',
    'grosser jo',
    'lukasz',
    'b',
    'bo ada',
    'ada bo jorg',
  ],
  ...[
    '@ada',
    '@A',
    ' @bo ',
    '@jorg bo',
    '2',
    '12',
    'ada_l',
    '_ada',
    'obrien',
    'o brien',
    'smith!',
    '李',
    'ae',
    'zzz',
    'a a',
    'ad ada',
  ],
]

const LETTERS: Record<string, string> = { ł: 'l', æ: 'ae', ß: 'ss' }
const wordsOf = (text: string) =>
  text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(/[łæß]/g, (letter) => LETTERS[letter] as string)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')

/** Whether a user matches: all words begin a word of the username, or all begin a word of the name. */
export function matches(q: string, user: { username: string; name: string }): boolean {
  const begin = (text: string) =>
    wordsOf(q).every((word) => wordsOf(text).some((other) => other.startsWith(word)))
  return begin(user.username) || (!q.trim().startsWith('@') && begin(user.name))
}

export type Member = {
  id: string
  username: string
  name: string
  pagination_id: string
  counts: { followers: number }
}
export const membersOf = (answer: Answered): Member[] => answer.body.data

export const LISTS = ROUTES.filter(({ answers }) => answers === 'Page')

export type Community = { owner: Person; viewer: Person; people: { id: string }[]; seed: number }

/** A hundred and forty people around an owner who has all lists, and a viewer who knows some of them. */
export async function community(service: TestService): Promise<Community> {
  const seed = randomInt(2 ** 31)
  const next = random(seed)
  const one = <T>(from: T[]) => from[Math.floor(next() * from.length)] as T
  const mark = () => randomInt(36 ** 6).toString(36)
  const [owner, viewer] = await Promise.all([service.user(), service.user()])
  const many = (length: number, more: object = {}) =>
    Promise.all(
      Array.from({ length }, () =>
        service.user({ username: `${one(FIRST)}_${mark()}`, name: one(NAMES), ...more }),
      ),
    )
  const people = await many(100)
  const follow = (from: Person, to: Person) => patiently(() => service.follow(from, to))
  const write = async (id: string, what: string) => {
    const answer = await untilAnswered(() =>
      service.call('POST', `/users/${id}/${what}`, { token: owner.token }),
    )
    if (answer.status !== 200) throw new Error(answer.text)
  }
  await Promise.all(
    people.map(async (person, n) => {
      if (n < 12) return write(person.id, 'block')
      if (next() < 0.6) await follow(person, owner)
      if (next() < 0.6) await follow(owner, person)
      if (next() < 0.6) await follow(viewer, person)
      if (next() < 0.5) await write(person.id, 'mute')
      // Numbers of followers with ties.
      for (const fan of people.slice(n - 3, n - 3 + Math.floor(next() * 3))) await follow(fan, person)
    }),
  )
  // Those who have requested to follow the owner, and those whom the owner has requested.
  const locked = await untilAnswered(() =>
    service.call('PATCH', '/users/me', { token: owner.token, json: { locked: true } }),
  )
  if (locked.status !== 200) throw new Error(locked.text)
  const [asking, asked] = [await many(20), await many(20, { locked: true })]
  const request = (from: Person, to: { id: string }) =>
    untilAnswered(() => service.call('POST', `/users/${to.id}/follow`, { token: from.token }))
  await Promise.all([
    ...asking.map((person) => request(person, owner)),
    ...asked.map((person) => request(owner, person)),
  ])
  return { owner, viewer, people: [...people, ...asking, ...asked], seed }
}

/** The path of a list of the owner, and who may read it. */
export const reader = ({ owner, viewer }: Community, path: string) => ({
  path: `/stream/0${path.replace(':user_id', owner.id)}`,
  token: /muted|blocked|requests/.test(path) ? owner.token : viewer.token,
})
