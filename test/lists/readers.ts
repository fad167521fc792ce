// Tests of who may read a list, by which paths, and which fields each reader gets.
import { expect, it } from 'vitest'
import { VIEWER_FIELDS } from '../support/viewer-fields.ts'
import { VIEWERS_LISTS } from './fixtures.ts'
import { idsOf, type OneList } from './one-list.ts'

export function readerTests(list: OneList): void {
  const { service, route, page, pathOf } = list

  it('is the same without the base path, by @username and by me', async () => {
    expect(idsOf(await page('', pathOf(list.owner.id).replace('/stream/0', '')))).toEqual(list.expected)
    expect(idsOf(await page('', pathOf(`@${list.owner.username.toUpperCase()}`)))).toEqual(list.expected)
    expect(idsOf(await page('', pathOf(`%40${list.owner.username}`)))).toEqual(list.expected)
    const mine = await service.call('GET', pathOf('me'), { token: list.owner.token })
    expect(mine.status).toBe(200)
    if (!VIEWERS_LISTS.has(route.name)) expect(idsOf(mine)).toEqual(list.expected)
  })

  if (route.path.includes(':user_id'))
    it('answers 404 for a user that does not exist and for an invalid user id', async () => {
      const token = list.forApps ? list.app : list.reader.token
      for (const user of [
        '1234567',
        '@nobody_of_this_name',
        '007',
        'ME',
        '0',
        '-1',
        '9223372036854775808',
        '%zz',
      ]) {
        const answer = await service.call('GET', pathOf(user), { token })
        expect([user, answer.status]).toEqual([user, 404])
        expect(answer.body.meta.code).toBe(404)
      }
    })

  it('answers 401 without a token', async () => {
    const answer = await service.call('GET', pathOf(list.owner.id))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="follow-graph"')
  })

  it('shows each user as GET users/{user_id} does, viewer fields included', async () => {
    await service.call('POST', `/users/${list.expected[0]}/follow`, { token: list.reader.token })
    await service.call('POST', `/users/${list.expected[1]}/mute`, { token: list.reader.token })
    const answer = await page('include_annotations=1')
    expect(idsOf(answer)).toEqual(list.expected)
    for (const user of answer.body.data) {
      const alone = await service.call('GET', `/users/${user.id}?include_annotations=1`, {
        token: list.reader.token,
      })
      const { pagination_id: _, [list.at]: __, ...rest } = user
      expect(rest).toEqual(alone.body.data)
      for (const field of VIEWER_FIELDS) expect(typeof user[field]).toBe('boolean')
    }
    expect(answer.body.data[1].you_muted).toBe(true)
  })

  it('answers HEAD as GET without a body', async () => {
    const get = await page('count=2')
    const head = await service.call('HEAD', `${pathOf(list.owner.id)}?count=2`, { token: list.reader.token })
    expect(head.status).toBe(200)
    expect(head.text).toBe('')
    expect(head.headers.get('link')).toBe(get.headers.get('link'))
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
  })

  if (list.forApps) {
    it('shows an app token the same list without viewer fields', async () => {
      const answer = await service.call('GET', pathOf(list.owner.id), { token: list.app })
      expect(idsOf(answer)).toEqual(list.expected)
      for (const user of answer.body.data)
        for (const field of VIEWER_FIELDS) expect(user).not.toHaveProperty(field)
      expect(answer.headers.get('x-oauth-scopes')).toBeNull()
    })
  } else {
    it('refuses an app token with 403', async () => {
      expect((await service.call('GET', pathOf(list.owner.id), { token: list.app })).status).toBe(403)
    })
  }

  if (!route.path.includes(':user_id')) {
    it('shows everybody their own', async () => {
      const other = await service.user()
      expect(idsOf(await service.call('GET', route.path, { token: other.token }))).toEqual([])
    })
  } else if (list.isOwn) {
    it('is refused with 403 to any other user', async () => {
      const other = await service.user()
      const answer = await service.call('GET', pathOf(list.owner.id), { token: other.token })
      expect(answer.status).toBe(403)
      expect(answer.body.meta.error_slug).toBe('forbidden')
    })
  } else if (!VIEWERS_LISTS.has(route.name)) {
    it('is the same for every viewer, whomever they block or mute', async () => {
      const other = await service.user()
      await service.call('POST', `/users/${list.expected[0]}/block`, { token: other.token })
      await service.call('POST', `/users/${list.expected[1]}/mute`, { token: other.token })
      await service.call('POST', `/users/${list.owner.id}/block`, { token: other.token })
      const answer = await service.call('GET', pathOf(list.owner.id), { token: other.token })
      expect(idsOf(answer)).toEqual(list.expected)
      expect(answer.body.data[0]).toMatchObject({
        you_blocked: true,
        you_can_follow: false,
        you_can_subscribe: false,
      })
      expect(answer.body.data[1]).toMatchObject({ you_muted: true, you_can_follow: true })
      const blocked = await service.user()
      await service.call('POST', `/users/${blocked.id}/block`, { token: list.owner.token })
      expect(idsOf(await service.call('GET', pathOf(list.owner.id), { token: blocked.token }))).toEqual(
        list.expected,
      )
    })
  }
}
