// The schemas of the API's description: they accept what the service makes, and nothing beside it.
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { envelope, failure, RawJson } from '../../src/http/answer.ts'
import { openapi, responseSchemas } from '../../src/openapi.ts'
import { ROUTES } from '../../src/routes/table.ts'
import type { Token } from '../../src/tokens/token.ts'
import { tokenJson } from '../../src/tokens/view.ts'
import type { Item } from '../../src/users/item.ts'
import { type Profile, renderProfile } from '../../src/users/profile.ts'
import { openUserJson, userJson } from '../../src/users/view.ts'

const { paths } = JSON.parse(openapi()) as { paths: Record<string, Record<string, { responses: object }>> }
const schemas = responseSchemas()
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true })
const check = (key: string, text: string): unknown => {
  const validate = ajv.compile(schemas[key] as object)
  validate(JSON.parse(text.replaceAll('\u0001', 'https://api.example.org')))
  return validate.errors
}

const profile: Profile = {
  id: 9_007_199_254_740_993n,
  username: 'Bo',
  description: 'Hi @ann, see App.net #API',
  verified_domain: 'bo.example.org',
  avatar_image: { url: 'https://img.example.org/a.png', width: 10, height: 12 },
}
const plain: Item = [renderProfile(profile, new Map()), 1n, 2n, [['ann', 3n]], '[{"type":"a.b","value":{}}]']
const seen: Item = [
  ...(plain.slice(0, 5) as [string, bigint, bigint, [string, bigint][], string]),
  true,
  false,
  [false, true, false, true],
]
const viewer = { id: 5n, type: 'human' }
const whole = { annotations: true, html: true }
const bare = { annotations: false, html: false }

describe('the schemas of answers', () => {
  it('all stand by themselves and compile strictly, one for every status of every route', () => {
    for (const [key, schema] of Object.entries(schemas)) {
      expect(() => ajv.compile(schema), key).not.toThrow()
    }
    for (const { methods, path } of ROUTES) {
      for (const method of methods) {
        for (const status of Object.keys(
          paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]?.responses ?? {},
        )) {
          expect(schemas).toHaveProperty([`${method} ${path} ${status}`])
        }
      }
    }
  })

  it.each([
    ['without a viewer', userJson(plain, null, bare)],
    ['with annotations and html', userJson(plain, null, whole)],
    ['seen by another', userJson(seen, viewer, bare)],
    ['seen by themselves', userJson(seen, { id: profile.id, type: 'human' }, whole)],
    [
      'with nothing but defaults',
      userJson([renderProfile({ id: 7n }, new Map()), 0n, 0n, null, null], viewer, whole),
    ],
    [
      'whose node was written by hand',
      userJson([{ id: 8n, username: 'x' }, 0n, 0n, null, null, false, false, null], viewer, bare),
    ],
  ])('accept a User %s', (_, text) => {
    expect(check('GET /users/:user_id 200', envelope(new RawJson(text)))).toBeNull()
    expect(check('POST /users/:user_id/follow 200', envelope(new RawJson(text)))).toBeNull()
    expect(check('GET /users 200', envelope(new RawJson(`[${text}]`)))).toBeNull()
  })

  it.each([
    ['one key too many', { stray: 1 }],
    ['an id that is a number', { id: 7 }],
    ['a date with milliseconds', { created_at: '2012-12-31T13:22:55.000Z' }],
    ['a boolean missing beside the other five', { you_follow: undefined }],
    ['no counts', { counts: undefined }],
    ['a pagination_id outside a list', { pagination_id: '7' }],
  ])('refuse a User with %s', (_, change) => {
    const user = { ...JSON.parse(userJson(seen, viewer, whole).replaceAll('\u0001', '')), ...change }
    expect(check('GET /users/:user_id 200', envelope(user))).not.toBeNull()
  })

  it('accept a page with the key of its own list, and refuse that of another', () => {
    const page = (at: string) =>
      envelope(new RawJson(`[${openUserJson(seen, viewer, bare)},"pagination_id":"9","${at}":null}]`), {
        max_id: '9',
        min_id: '9',
        more: false,
      })
    for (const [list, at] of [
      ['following', 'followed_at'],
      ['followers', 'followed_at'],
      ['muted', 'muted_at'],
      ['blocked', 'blocked_at'],
    ] as const) {
      expect(check(`GET /users/:user_id/${list} 200`, page(at))).toBeNull()
      expect(
        check(`GET /users/:user_id/${list} 200`, page(at === 'muted_at' ? 'blocked_at' : 'muted_at')),
      ).not.toBeNull()
    }
    expect(check('GET /users/:user_id/following 200', envelope([], { more: true }))).toBeNull()
    expect(check('GET /users/:user_id/following 200', envelope([], {}))).not.toBeNull()
    expect(
      check('GET /users/:user_id/following 200', envelope([], { more: true, max_id: '1' })),
    ).not.toBeNull()
  })

  it('accept ids, whole or one page', () => {
    expect(
      check('GET /users/:user_id/followers/ids 200', '{"data":["3","2"],"meta":{"code":200}}'),
    ).toBeNull()
    expect(
      check(
        'GET /users/:user_id/followers/ids 200',
        envelope(['3'], { max_id: '9', min_id: '9', more: true }),
      ),
    ).toBeNull()
    expect(check('GET /users/:user_id/followers/ids 200', '{"data":[3],"meta":{"code":200}}')).not.toBeNull()
    expect(
      check('GET /users/:user_id/followers/ids 200', envelope(['3'], { max_id: '9', min_id: '9' })),
    ).not.toBeNull()
  })

  it('accept tokens of both kinds, and an access token without the envelope', () => {
    const app: Token = {
      kind: 'app',
      user: null,
      scopes: ['basic', 'provision'],
      app: { client_id: 'c', name: 'n', link: '' },
      maxFollowing: null,
      expiresAt: null,
      hash: 'h',
    }
    expect(check('GET /token 200', envelope(new RawJson(tokenJson(app, null))))).toBeNull()
    const user = tokenJson(
      { ...app, kind: 'user', scopes: ['basic', 'follow'], maxFollowing: 10n },
      userJson(plain, null, bare),
    )
    expect(check('DELETE /token 200', envelope(new RawJson(user)))).toBeNull()
    const access = `{"access_token":"fg_a_${'x'.repeat(49)}","token_type":"Bearer","token":${tokenJson(app, null)}}`
    expect(check('POST /oauth/access_token 200', access)).toBeNull()
    expect(check('POST /oauth/access_token 200', envelope(JSON.parse(access)))).not.toBeNull()
    expect(
      check(
        'POST /oauth/access_token 401',
        '{"error":"invalid_client","error_description":"The client id or the secret is wrong."}',
      ),
    ).toBeNull()
  })

  it('accept a failure with a slug of its status only', () => {
    const id = 'a'.repeat(32)
    expect(
      check('GET /users/:user_id 404', failure(404, 'There is no such user.', 'not-found', id)),
    ).toBeNull()
    expect(
      check('GET /users/:user_id 404', failure(404, 'There is no such user.', 'blocked', id)),
    ).not.toBeNull()
    expect(
      check('GET /users/:user_id 404', failure(403, 'There is no such user.', 'not-found', id)),
    ).not.toBeNull()
    expect(
      check('GET /users/:user_id 400', failure(400, 'Bad Request: send it once.', 'bad-request', id)),
    ).toBeNull()
    expect(check('GET /users/:user_id 400', failure(400, 'Send it once.', 'bad-request', id))).not.toBeNull()
    expect(
      check('GET /users/:user_id 429', failure(429, 'Later.', 'rate-limit', id, { retry_in: 3 })),
    ).toBeNull()
    expect(check('GET /users/:user_id 429', failure(429, 'Later.', 'rate-limit', id))).not.toBeNull()
    expect(check('GET /health/ready 503', '{"status":"not ready","reason":"schema"}')).toBeNull()
  })
})
