// The explorer's addresses, and the lines for a shell that it shows.
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { curlOf } from '../../src/explorer/curl.ts'
import { hrefOf, routeOf } from '../../src/explorer/route.ts'

describe('addresses', () => {
  it.each(['Ada', 'a b', '@bo', 'é/ö', '100%', 'a&b=c', '#?'])('keep %s', (q) => {
    const route = routeOf(hrefOf('/users/2/followers', { q, sort: '' }))
    expect(route.path).toEqual(['users', '2', 'followers'])
    expect([...route.query]).toEqual([['q', q]])
  })

  it('of nothing, and of broken escapes, are addresses as well', () => {
    expect(routeOf('').path).toEqual([])
    expect(routeOf('#/').path).toEqual([])
    expect(routeOf('#/users/%E0%A4%A').path).toEqual(['users', '%E0%A4%A'])
    expect(hrefOf('/', { q: '' })).toBe('#/')
  })
})

describe('lines for a shell', () => {
  // What the shell makes of the line: the arguments that curl would get.
  const argumentsOf = (line: string) =>
    execFileSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }; TOKEN=secret; ${line}`], { encoding: 'utf8' })
      .trimEnd()
      .split('\n')
  const url = 'http://127.0.0.1:3000/stream/0/users/search?q=a%20b&count=5'

  it('hold the variable instead of the token', () => {
    const line = curlOf(url, { headers: { Authorization: 'Bearer fg_u_abc' } })
    expect(line).not.toContain('fg_u_abc')
    expect(argumentsOf(line)).toEqual(['-s', '-H', 'Authorization: Bearer secret', url])
  })

  it('name the method, the body and what a stream needs', () => {
    expect(argumentsOf(curlOf(url, { method: 'DELETE' }))).toEqual(['-s', '-X', 'DELETE', url])
    const body = JSON.stringify({ name: `O'Neil "$(date)" \`id\`` })
    expect(argumentsOf(curlOf(url, { method: 'POST', body }))).toEqual([
      '-s',
      '-X',
      'POST',
      '-H',
      'Content-Type: application/json',
      '-d',
      body,
      url,
    ])
    expect(argumentsOf(curlOf(url, { headers: { Accept: 'text/event-stream' } }))).toContain('-N')
  })

  it('let nothing of an address run', () => {
    const nasty = `${url}';touch /tmp/never;'$(id)`
    expect(argumentsOf(curlOf(nasty, {})).at(-1)).toBe(nasty)
  })
})
