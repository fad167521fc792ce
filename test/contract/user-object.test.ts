// The User object, its viewer fields, its description and its general parameters.
// Long, because one topic of the API is one file.
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'
import { VIEWER_FIELDS } from '../support/viewer-fields.ts'

const service = await startTestService()
const get = (path: string, token?: string) => service.call('GET', path, token === undefined ? {} : { token })

describe('the User object', () => {
  it('has every key of docs/api.md, with the defaults of a bare user', async () => {
    const bare = await service.createUser({ username: undefined as never })
    const { data } = (await get(`/users/${bare.id}`)).body
    expect(data).toEqual({
      id: bare.id,
      username: data.username,
      name: data.name,
      timezone: 'UTC',
      locale: 'en_US',
      avatar_image: {
        url: expect.stringMatching(/^http:\/\//),
        width: expect.any(Number),
        height: expect.any(Number),
        is_default: true,
      },
      cover_image: {
        url: expect.stringMatching(/^http:\/\//),
        width: expect.any(Number),
        height: expect.any(Number),
        is_default: true,
      },
      type: 'human',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      counts: { following: 0, followers: 0, posts: 0, stars: 0 },
      canonical_url: expect.stringContaining(bare.id),
    })
    expect((await fetch(data.avatar_image.url)).status).toBe(200)
    expect((await fetch(data.cover_image.url)).status).toBe(200)
  })

  it('shows every field that was written', async () => {
    const image = { url: 'https://img.example/a.png', width: 200, height: 100 }
    const full = await service.createUser({
      name: 'Åsa & <Bo>',
      type: 'feed',
      timezone: 'Europe/Berlin',
      locale: 'de_DE',
      verified_domain: 'example.org',
      description: 'Hello\nworld',
      created_at: '2012-12-31T13:22:55Z',
      avatar_image: image,
      cover_image: image,
      annotations: [{ type: 'org.example', value: { a: 1 } }],
    })
    const { data } = (await get(`/users/${full.id}?include_annotations=1`)).body
    expect(data).toMatchObject({
      name: 'Åsa & <Bo>',
      type: 'feed',
      timezone: 'Europe/Berlin',
      locale: 'de_DE',
      verified_domain: 'example.org',
      created_at: '2012-12-31T13:22:55Z',
      avatar_image: { ...image, is_default: false },
      cover_image: { ...image, is_default: false },
      annotations: [{ type: 'org.example', value: { a: 1 } }],
      description: {
        text: 'Hello\nworld',
        html: '<span itemscope="https://app.net/schemas/Post">Hello<br>world</span>',
        entities: { mentions: [], hashtags: [], links: [] },
      },
    })
  })

  it('keeps a username as first written and finds it in any case', async () => {
    const { id } = await service.user()
    const name = `Bo_${BigInt(id).toString(36)}`.slice(0, 20)
    const user = await service.createUser({ username: name })
    for (const written of [name, name.toLowerCase(), name.toUpperCase()]) {
      expect((await get(`/users/@${written}`)).body.data).toMatchObject({ id: user.id, username: name })
    }
  })

  it('sends ids beyond 2^53 digit for digit', async () => {
    const id = 2n ** 63n - 2n - BigInt(Math.floor(Math.random() * 1e9))
    const user = await service.createUser({ id })
    const { data } = (await get(`/users/${id}`)).body
    expect(data.id).toBe(String(id))
    const follower = await service.user()
    await service.follow(follower, user)
    expect((await get(`/users/${follower.id}/following/ids`, follower.token)).body.data).toEqual([String(id)])
    expect((await get(`/users/${follower.id}/following`, follower.token)).body.data[0].id).toBe(String(id))
    expect((await get(`/users?ids=${id}`, follower.token)).body.data[0].id).toBe(String(id))
  })
})

describe('viewer fields', () => {
  it('are all present for a user token, from the view of the caller', async () => {
    const [a, b] = await service.users(2)
    await service.follow(b!, a!)
    await service.call('POST', `/users/${b!.id}/mute`, { token: a!.token })
    expect((await get(`/users/${b!.id}`, a!.token)).body.data).toMatchObject({
      follows_you: true,
      you_follow: false,
      you_muted: true,
      you_blocked: false,
      you_can_follow: true,
      you_can_subscribe: true,
    })
    expect((await get(`/users/${a!.id}`, b!.token)).body.data).toMatchObject({
      follows_you: false,
      you_follow: true,
      you_muted: false,
      you_blocked: false,
      you_can_follow: true,
      you_can_subscribe: true,
    })
  })

  it("are left out of the caller's own User, for an app token and without a token", async () => {
    const [a, b] = await service.users(2)
    await service.follow(a!, b!)
    const answers = [
      await get(`/users/${a!.id}`, a!.token),
      await get('/users/me', a!.token),
      await get(`/users/${b!.id}`, await service.appToken()),
      await get(`/users/${b!.id}`),
    ]
    for (const { status, body } of answers) {
      expect(status).toBe(200)
      for (const field of VIEWER_FIELDS) expect(body.data).not.toHaveProperty(field)
    }
    const own = (await get(`/users?ids=${a!.id},${b!.id}`, a!.token)).body.data
    expect(Object.keys(own[0])).not.toContain('you_follow')
    expect(own[1].you_follow).toBe(true)
  })
})

describe('description', () => {
  it('marks up mentions of users that exist at the time of reading', async () => {
    const { id } = await service.user()
    const later = `m${BigInt(id).toString(36)}`.slice(0, 20)
    const user = await service.createUser({
      description: `😀 @${later.toUpperCase()} #API http://x.example/a App.net. <b>`,
    })
    const before = (await get(`/users/${user.id}`)).body.data.description
    expect(before.entities.mentions).toEqual([])
    expect(before.html).toContain(`@${later.toUpperCase()}`)
    const mentioned = await service.createUser({ username: later })
    const after = (await get(`/users/${user.id}`)).body.data.description
    const at = 3 + later.length + 1
    expect(after.entities).toEqual({
      mentions: [{ name: later, id: mentioned.id, pos: 2, len: later.length + 1 }],
      hashtags: [{ name: 'api', pos: at, len: 4 }],
      links: [
        { text: 'http://x.example/a', url: 'http://x.example/a', pos: at + 5, len: 18 },
        { text: 'App.net', url: 'http://App.net', pos: at + 24, len: 7 },
      ],
    })
    expect(after.html).toBe(
      `<span itemscope="https://app.net/schemas/Post">😀 <span data-mention-id="${mentioned.id}" data-mention-name="${later}" itemprop="mention">@${later.toUpperCase()}</span> <span data-hashtag-name="api" itemprop="hashtag">#API</span> <a href="http://x.example/a">http://x.example/a</a> <a href="http://App.net">App.net</a>. &lt;b&gt;</span>`,
    )
    await service.call('DELETE', `/users/${mentioned.id}`, { token: await service.appToken() })
    expect((await get(`/users/${user.id}`)).body.data.description).toEqual(before)
  })

  it('is without html for include_html=0, in lists too', async () => {
    const user = await service.createUser({ description: 'Hi #there' })
    const follower = await service.user()
    await service.follow(follower, user)
    const wanted = {
      text: 'Hi #there',
      entities: { mentions: [], hashtags: [{ name: 'there', pos: 3, len: 6 }], links: [] },
    }
    for (const path of [`/users/${user.id}`, `/users?ids=${user.id}`, `/users/${follower.id}/following`]) {
      const { data } = (await get(`${path}${path.includes('?') ? '&' : '?'}include_html=0`, follower.token))
        .body
      expect((Array.isArray(data) ? data[0] : data).description).toEqual(wanted)
      const { data: with1 } = (
        await get(`${path}${path.includes('?') ? '&' : '?'}include_html=1`, follower.token)
      ).body
      expect((Array.isArray(with1) ? with1[0] : with1).description.html).toContain('hashtag')
    }
  })
})

describe('general parameters', () => {
  it.each(['include_annotations', 'include_user_annotations'])(
    '%s=1 shows annotations, [] if there are none',
    async (name) => {
      const user = await service.user()
      expect((await get(`/users/${user.id}`)).body.data).not.toHaveProperty('annotations')
      expect((await get(`/users/${user.id}?${name}=0`)).body.data).not.toHaveProperty('annotations')
      expect((await get(`/users/${user.id}?${name}=1`)).body.data.annotations).toEqual([])
      const other = await service.user()
      for (const [method, path] of [
        ['GET', `/users?ids=${user.id}`],
        ['POST', `/users/${user.id}/follow`],
        ['POST', `/users/${user.id}/mute`],
        ['DELETE', `/users/${user.id}/mute`],
      ] as const) {
        const join = path.includes('?') ? '&' : '?'
        const { data } = (await service.call(method, `${path}${join}${name}=1`, { token: other.token })).body
        expect((Array.isArray(data) ? data[0] : data).annotations).toEqual([])
      }
    },
  )

  it.each([
    'include_annotations=2',
    'include_user_annotations=true',
    'include_html=',
    'include_html=01',
    'include_html=1&include_html=0',
  ])('refuses %s', async (query) => {
    const user = await service.user()
    const answer = await get(`/users/${user.id}?${query}`)
    expect(answer.status).toBe(400)
    expect(answer.body.meta.error_message).toMatch(new RegExp(`^Bad Request: .*${query.split('=')[0]}`))
  })

  it('ignores parameters that it does not know', async () => {
    const user = await service.user()
    expect((await get(`/users/${user.id}?include_delete=0&include_machine=1&x`)).status).toBe(200)
  })
})

describe('counts', () => {
  it('count a follow written with Cypher, which has no id yet', async () => {
    const { openGraph } = await import('../../src/graph/graph.ts')
    const graph = openGraph(service.neo4j)
    const [a, b] = await service.users(2)
    try {
      await graph.write('test', 'MATCH (a:User {id: $a}), (b:User {id: $b}) MERGE (a)-[:FOLLOWS]->(b)', {
        a: BigInt(a!.id),
        b: BigInt(b!.id),
      })
      expect((await get(`/users/${b!.id}`)).body.data.counts).toMatchObject({ followers: 1, following: 0 })
      expect((await get(`/users/${b!.id}/followers`, a!.token)).status).toBe(200)
      expect((await service.call('POST', `/users/${a!.id}/follow`, { token: b!.token })).status).toBe(200)
    } finally {
      await graph.write(
        'test',
        'MATCH (a:User {id: $a})-[f:FOLLOWS]->(b:User {id: $b}) WHERE f.id IS NULL DELETE f',
        { a: BigInt(a!.id), b: BigInt(b!.id) },
      )
      await graph.close()
    }
  })

  it('show a user node written with Cypher, which has only an id', async () => {
    const { openGraph } = await import('../../src/graph/graph.ts')
    const graph = openGraph(service.neo4j)
    const { id } = await service.user()
    const bare = BigInt(id) + 500_000n
    try {
      await graph.write('test', 'CREATE (:User {id: $id})', { id: bare })
      const answer = await get(`/users/${bare}`)
      expect(answer.status).toBe(200)
      expect(answer.body.data).toMatchObject({
        id: String(bare),
        username: `u${bare}`,
        type: 'human',
        counts: { followers: 0 },
      })
    } finally {
      await graph.write('test', 'MATCH (u:User {id: $id}) DETACH DELETE u', { id: bare })
      await graph.close()
    }
  })
})
