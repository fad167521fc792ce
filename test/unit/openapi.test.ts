// The API's description: whole against the table of routes, valid OpenAPI, and schemas that accept what view.ts makes and nothing else.
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { envelope, failure, RawJson } from '../../src/http/answer.ts'
import { ERRORS } from '../../src/http/errors.ts'
import { openapi, responseSchemas } from '../../src/openapi.ts'
import { ROUTES } from '../../src/routes.ts'
import { tokenJson } from '../../src/tokens/handlers.ts'
import type { Token } from '../../src/tokens/token.ts'
import type { Item } from '../../src/users/item.ts'
import { type Profile, renderProfile } from '../../src/users/profile.ts'
import { openUserJson, userJson } from '../../src/users/view.ts'

type Operation = {
  operationId: string
  parameters: { name: string; in: string; required?: boolean; schema: object }[]
  requestBody?: { required: boolean; content: Record<string, { schema: object }> }
  responses: Record<
    string,
    { $ref?: string; headers?: Record<string, object>; content?: Record<string, object> }
  >
  security: Record<string, string[]>[]
}
type Document = {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { responses: Record<string, { headers: Record<string, { required?: boolean }> }> }
}

const document = JSON.parse(openapi('https://api.example.org')) as Document
const template = (path: string) => path.replace(/:(\w+)/g, '{$1}')
const operationOf = (method: string, path: string) =>
  document.paths[template(path)]?.[method.toLowerCase()] as Operation
const names = (operation: Operation, place = 'query') =>
  operation.parameters.filter((parameter) => parameter.in === place).map(({ name }) => name)

const schemas = responseSchemas()
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true })
const check = (key: string, text: string): unknown => {
  const validate = ajv.compile(schemas[key] as object)
  validate(JSON.parse(text.replaceAll('\u0001', 'https://api.example.org')))
  return validate.errors
}

describe('the document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(JSON.parse(openapi('https://api.example.org')))).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('is seen to be invalid where it is: the validator above is awake', async () => {
    const broken = { ...document, info: { title: 'without a version' } }
    expect((await new Validator().validate(broken)).valid).toBe(false)
  })

  it('names both bases under the public address it is given', () => {
    expect(document.servers.map(({ url }) => url)).toEqual([
      'https://api.example.org/stream/0',
      'https://api.example.org',
    ])
    expect(JSON.parse(openapi('http://127.0.0.1:3000')).servers[0].url).toBe('http://127.0.0.1:3000/stream/0')
    expect(openapi('https://api.example.org')).not.toContain('127.0.0.1')
  })

  it('has every method of every route, and nothing but routes and the pages beside the API', () => {
    const told = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((key) => key !== 'servers')
        .map((method) => `${method.toUpperCase()} ${path}`),
    )
    const meant = ROUTES.flatMap(({ methods, path }) =>
      methods.map((method) => `${method} ${template(path)}`),
    )
    const beside = ['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs'].map(
      (path) => `GET ${path}`,
    )
    expect(told.sort()).toEqual([...meant, ...beside].sort())
    for (const path of beside) {
      expect((document.paths[path.slice(4)] as unknown as { servers: object }).servers).toEqual([
        { url: 'https://api.example.org' },
      ])
    }
  })

  it('gives every operation an id of its own', () => {
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).flatMap((operation) => operation.operationId ?? []),
    )
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toContain('follow')
    expect(ids).toContain('followByPut')
    expect(ids).toContain('followersIds')
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/)
  })

  it('declares the parameters that stand in each path, once', () => {
    for (const { path, methods } of ROUTES) {
      const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name)
      for (const method of methods) expect(names(operationOf(method, path), 'path')).toEqual(inPath)
    }
  })

  it('knows the query parameters of each kind of route', () => {
    const show = ['include_annotations', 'include_user_annotations', 'include_html']
    const cursors = ['count', 'before_id', 'since_id']
    expect(names(operationOf('GET', '/users/:user_id/followers'))).toEqual([...cursors, ...show])
    expect(names(operationOf('GET', '/users/:user_id/followers/ids'))).toEqual(cursors)
    expect(names(operationOf('GET', '/users'))).toEqual(['ids', ...show])
    expect(names(operationOf('GET', '/users/:user_id'))).toEqual([...show, 'callback'])
    expect(names(operationOf('POST', '/users/:user_id/follow'))).toEqual(show)
    expect(names(operationOf('POST', '/oauth/access_token'))).toEqual([])
  })

  it('says which bodies are taken and whether one is needed', () => {
    const follow = operationOf('POST', '/users/:user_id/follow').requestBody
    expect(follow?.required).toBe(false)
    expect(Object.keys(follow?.content ?? {})).toEqual([
      'application/json',
      'application/x-www-form-urlencoded',
    ])
    for (const route of ROUTES.filter(({ body }) => body !== undefined)) {
      for (const method of route.methods) {
        const { required, content } = operationOf(method, route.path).requestBody as NonNullable<
          Operation['requestBody']
        >
        expect(required).toBe(true)
        expect(content['application/json']?.schema).toEqual(JSON.parse(JSON.stringify(route.body)))
      }
    }
    const grant = operationOf('POST', '/oauth/access_token').requestBody
    expect(Object.keys(grant?.content ?? {})).toEqual(['application/x-www-form-urlencoded'])
    for (const { path, methods } of ROUTES) {
      for (const method of methods.filter((name) => name === 'GET' || name === 'DELETE')) {
        expect(operationOf(method, path)).not.toHaveProperty('requestBody')
      }
    }
  })

  it('asks for the token and the scope that routes.ts asks for', () => {
    for (const { access, answers, methods, path } of ROUTES) {
      for (const method of methods) {
        const { security } = operationOf(method, path)
        expect(security.some((way) => Object.keys(way).length === 0)).toBe(access.token === 'none')
        if (answers === 'AccessToken') expect(security[0]).toEqual({ client: [] })
        else expect(security).toContainEqual({ bearer: access.scope === undefined ? [] : [access.scope] })
      }
    }
  })

  it('has the headers that belong to each failure, and a failure of every status but those of no route', () => {
    const header = (status: number, name: string) =>
      document.components.responses[`Failure${status}`]?.headers[name]?.required
    expect(header(401, 'WWW-Authenticate')).toBe(true)
    expect(header(403, 'WWW-Authenticate')).toBeUndefined()
    expect(document.components.responses.Failure403?.headers).toHaveProperty('WWW-Authenticate')
    expect(header(405, 'Allow')).toBe(true)
    expect(header(429, 'Retry-After')).toBe(true)
    expect(header(503, 'Retry-After')).toBe(true)
    const statuses = [...new Set(Object.values(ERRORS).map(({ status }) => `Failure${status}`))]
    expect(Object.keys(document.components.responses).sort()).toEqual(statuses.sort())
    for (const { headers } of Object.values(document.components.responses)) {
      expect(Object.keys(headers)).toEqual(
        expect.arrayContaining([
          'X-ADN-Migrations-Enabled',
          'X-OAuth-Scopes',
          'X-RateLimit-Limit',
          'X-RateLimit-Remaining',
          'X-RateLimit-Reset',
        ]),
      )
    }
    expect(operationOf('GET', '/users/:user_id/followers').responses[200]?.headers).toHaveProperty('Link')
    expect(operationOf('GET', '/users/:user_id').responses[200]?.headers).not.toHaveProperty('Link')
    expect(operationOf('POST', '/users/:user_id/follow').responses).toHaveProperty('507')
    expect(operationOf('POST', '/users/:user_id/mute').responses).not.toHaveProperty('507')
  })
})

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
  false,
  true,
  false,
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
        for (const status of Object.keys(operationOf(method, path).responses)) {
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
      userJson(
        [{ id: 8n, username: 'x' }, 0n, 0n, null, null, false, false, false, false, false],
        viewer,
        bare,
      ),
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
      hash: 'h',
    }
    expect(check('GET /token 200', envelope(new RawJson(tokenJson(app, null))))).toBeNull()
    const user = tokenJson(
      { ...app, kind: 'user', scopes: ['basic', 'follow'], maxFollowing: 10n },
      userJson(plain, null, bare),
    )
    expect(check('DELETE /token 200', envelope(new RawJson(user)))).toBeNull()
    const access = `{"access_token":"fg_a_${'x'.repeat(49)}","token_type":"Bearer","scope":"basic","token":${tokenJson(app, null)}}`
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
