// The API's description: valid OpenAPI, and whole against the table of routes.
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../src/http/errors.ts'
import { openapi } from '../../src/openapi.ts'
import { ROUTES } from '../../src/routes/table.ts'

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

const document = JSON.parse(openapi()) as Document
const template = (path: string) => path.replace(/:(\w+)/g, '{$1}')
const operationOf = (method: string, path: string) =>
  document.paths[template(path)]?.[method.toLowerCase()] as Operation
const names = (operation: Operation, place = 'query') =>
  operation.parameters.filter((parameter) => parameter.in === place).map(({ name }) => name)

describe('the document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(JSON.parse(openapi()))).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('is seen to be invalid where it is: the validator above is awake', async () => {
    const broken = { ...document, info: { title: 'without a version' } }
    expect((await new Validator().validate(broken)).valid).toBe(false)
  })

  it.each([
    ['https://api.example.org', ''],
    ['http://127.0.0.1:3000', ''],
    ['https://example.org/social', '/social'],
    ['https://example.org/social/', '/social'],
    ['not an address', ''],
  ])('names both bases under the path of the public address %s, and no host', (publicUrl, path) => {
    const { servers } = JSON.parse(openapi(publicUrl)) as Document
    expect(servers.map(({ url }) => url)).toEqual([`${path}/stream/0`, path || '/'])
    // Read there, they lead there.
    expect(new URL(servers[0]?.url as string, 'https://example.org/social/openapi.json').pathname).toBe(
      `${path}/stream/0`,
    )
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
    // `me` is a user_id, and /users/me is a path of its own for PUT and PATCH: its GET is told there too.
    expect(told.sort()).toEqual([...meant, ...beside, 'GET /users/me'].sort())
    for (const path of beside) {
      expect((document.paths[path.slice(4)] as unknown as { servers: object }).servers).toEqual([
        { url: '/' },
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
    expect(names(operationOf('GET', '/users/:user_id/mutuals'))).toEqual([...cursors, 'q', ...show])
    expect(names(operationOf('GET', '/users/:user_id/followers'))).toEqual([
      'sort',
      'cursor',
      ...cursors,
      'q',
      ...show,
    ])
    expect(names(operationOf('GET', '/users/:user_id/followers/ids'))).toEqual([...cursors, 'q'])
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
        expect(required).toBe(route.bodyOptional !== true)
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

  it('asks for the token and the scope that routes/table.ts asks for', () => {
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
