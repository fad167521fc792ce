// Events of follow requests: made, ended for each reason, and what each of the two users is told.
import { expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'
import { eventReader, line } from './support.ts'

const service = await startTestService()
const { call } = service
const reader = await eventReader(service)

type Person = { id: string; token: string }

/** Ada, Bo, who is locked, and where the events begin. */
async function start(): Promise<[ada: Person, bo: Person, since: string]> {
  return [await service.user(), await service.user({ locked: true }), await reader.now()]
}
const follow = (ada: Person, bo: Person, method = 'POST') =>
  call(method, `/users/${bo.id}/follow`, { token: ada.token })
const answer = (bo: Person, method: string, ada: Person) =>
  call(method, `/users/me/requests/${ada.id}`, { token: bo.token })
const linesAbout = async (of: Person, since: string) => (await reader.about([of.id], since)).map(line)
const linesOf = async (of: Person, since: string) =>
  (await reader.page(`since_id=${since}&count=200`, of.token, '/users/me/events')).data
    .filter(({ meta }) => meta.type !== 'reset')
    .map(line)

it('a request is one event, with both users as they are shown; a repeat is none', async () => {
  const [ada, bo, since] = await start()
  await follow(ada, bo)
  await follow(ada, bo)
  const events = await reader.about([ada.id], since)
  expect(events.map(line)).toEqual([`request ${ada.id} ${bo.id}`])
  expect(events[0]?.meta).toEqual({
    id: expect.any(String),
    timestamp: expect.any(Number),
    type: 'request',
  })
  expect(events[0]?.data).toMatchObject({
    user: { id: ada.id, counts: { following: 0 } },
    requested_user: { id: bo.id, locked: true },
  })
  for (const one of [ada, bo]) expect(await linesOf(one, since)).toEqual([`request ${ada.id} ${bo.id}`])
})

it('an acceptance ends the request, and then makes the follow', async () => {
  const [ada, bo, since] = await start()
  await follow(ada, bo)
  await answer(bo, 'POST', ada)
  const due = [
    `request ${ada.id} ${bo.id}`,
    `request ${ada.id} ${bo.id} ended followed`,
    `user_follow ${ada.id} ${bo.id}`,
  ]
  expect(await linesAbout(ada, since)).toEqual(due)
  for (const one of [ada, bo]) expect(await linesOf(one, since)).toEqual(due)
})

it('a refusal, a request that is taken back, and the deletion of a user say so', async () => {
  const [ada, bo, since] = await start()
  await follow(ada, bo)
  await answer(bo, 'DELETE', ada)
  await follow(ada, bo)
  await follow(ada, bo, 'DELETE')
  await follow(ada, bo)
  await call('DELETE', `/users/${bo.id}`, { token: reader.token })
  expect(await linesAbout(bo, since)).toEqual([
    `request ${ada.id} ${bo.id}`,
    `request ${ada.id} ${bo.id} ended refused`,
    `request ${ada.id} ${bo.id}`,
    `request ${ada.id} ${bo.id} ended withdrawn`,
    `request ${ada.id} ${bo.id}`,
    `request ${ada.id} ${bo.id} ended deleted`,
    `user ${bo.id} ended`,
  ])
})

it('a block ends it; only the one who blocked is told so', async () => {
  for (const blocker of [0, 1] as const) {
    const [ada, bo, since] = await start()
    await follow(ada, bo)
    const pair = [ada, bo] as const
    const [by, whom] = [pair[blocker], pair[1 - blocker] as Person]
    await call('POST', `/users/${whom.id}/block`, { token: by.token })
    const ended = `request ${ada.id} ${bo.id} ended`
    expect(await linesAbout(ada, since)).toEqual([
      `request ${ada.id} ${bo.id}`,
      `${ended} block`,
      `block ${by.id} ${whom.id}`,
    ])
    expect((await linesOf(by, since)).slice(1)).toEqual([`${ended} block`, `block ${by.id} ${whom.id}`])
    expect((await linesOf(whom, since)).slice(1)).toEqual([
      `${ended} ${blocker === 0 ? 'withdrawn' : 'refused'}`,
    ])
  }
})

it('many answered at once are told in the order in which they were answered', async () => {
  const [ada, bo, since] = await start()
  const eve = await service.user()
  for (const one of [ada, eve]) await follow(one, bo)
  await call('POST', '/users/me/requests', { token: bo.token, json: { accept: [eve.id], refuse: [ada.id] } })
  expect((await linesAbout(bo, since)).slice(2)).toEqual([
    `request ${eve.id} ${bo.id} ended followed`,
    `user_follow ${eve.id} ${bo.id}`,
    `request ${ada.id} ${bo.id} ended refused`,
  ])
})

it('types=request selects them', async () => {
  const [ada, bo, since] = await start()
  await follow(ada, bo)
  await answer(bo, 'POST', ada)
  const { data } = await reader.page(`since_id=${since}&count=200&types=request`)
  expect(data.every(({ meta }) => meta.type === 'request')).toBe(true)
  expect(data.filter(({ data: { user } }) => user.id === ada.id)).toHaveLength(2)
})
