// What the client makes of answers that are not the service's: proxies and gateways have errors of their own.
import { expect, it } from 'vitest'
import { failureOf } from '../../src/client/error.ts'

it.each([
  ['not JSON', '<h1>Bad gateway</h1>'],
  ['null', 'null'],
  ['meta that is null', '{"meta":null}'],
  ['meta of somebody else', '{"meta":{"page":1}}'],
  ['an error that is an object', '{"error":{"code":403,"message":"no"}}'],
  ['an error in words', '{"error":"Forbidden"}'],
])('%s is not-json', (_, text) => {
  const failure = failureOf(new Response(text, { status: 403 }), text)
  expect(failure).toMatchObject({ name: 'FollowGraphError', status: 403, slug: 'not-json' })
  expect(failure.message).toContain('answered 403 without JSON of the API')
})

it("the service's own are read, with and without an envelope", () => {
  const own = '{"meta":{"code":403,"error_slug":"blocked","error_message":"No."}}'
  expect(failureOf(new Response(own, { status: 403 }), own)).toMatchObject({
    slug: 'blocked',
    message: 'No.',
  })
  const oauth = '{"error":"invalid_client","error_description":"Wrong."}'
  expect(failureOf(new Response(oauth, { status: 401 }), oauth)).toMatchObject({
    slug: 'invalid_client',
    message: 'Wrong.',
  })
})
