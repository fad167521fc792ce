// The module `follow-graph/client`: calls the API with types, pages and events, in Node and in browsers. It needs nothing but fetch.
import { CALLS, type Calls, type PageName, type StreamName } from './calls.ts'
import { FollowGraphError, failureOf } from './error.ts'
import { messagesOf } from './server-sent-events.ts'
import type { Event, User } from './types.ts'

export type { Calls, PageName, StreamName } from './calls.ts'
export { FollowGraphError, type Slug } from './error.ts'
export type * from './types.ts'

export type ClientOptions = {
  /** The address of the service without `/stream/0`, such as `https://api.example.org`. */
  url: string
  /** A token, or a function that returns one before each request. */
  token?: string | (() => string | Promise<string>)
  /** How often a call that can be repeated safely is tried again; 3 by default. */
  retries?: number
  /** The longest wait before a retry, in seconds; if the service asks for a longer one, the call fails at once. 60 by default. */
  longestWait?: number
  /** Another fetch than the global one. */
  fetch?: typeof fetch
}

/** All calls but the endless streams, which `events` reads. */
export type CallName = Exclude<keyof Calls, StreamName>
export type CallOptions = { signal?: AbortSignal }
export type PageOptions = CallOptions & {
  /** At which end of the list to begin; `newest` by default. */
  from?: 'newest' | 'oldest'
}
export type Item<Name extends PageName> = Calls[Name]['answer']['data'][number]

type Params<Name extends keyof Calls> = Calls[Name]['params']
// Parameters can be left out only if all of them can.
type Rest<P, Options> =
  Record<never, never> extends P ? [params?: P, options?: Options] : [params: P, options?: Options]

const SAFE = ['follow', 'unfollow', 'mute', 'unmute', 'block', 'unblock']
const TRANSIENT = [0, 429, 502, 503, 504]
const LARGEST_PAGE = 200
const LARGEST_PAGE_OF_IDS = 5_000
// The service sends a heartbeat every 15 seconds.
const SILENCE_MS = 45_000

export class FollowGraphClient {
  readonly #options: Required<Omit<ClientOptions, 'token'>> & { token: ClientOptions['token'] | undefined }

  constructor(options: ClientOptions) {
    // Called as a plain function: browsers refuse a fetch that is called as a method.
    const given = options.fetch ?? ((input, init) => fetch(input, init))
    const { token, retries = 3, longestWait = 60 } = options
    const url = options.url.replace(/\/+$/, '')
    if (!/^https?:\/\/[^/]/i.test(url)) throw new TypeError(`url must begin with http:// or https://: ${url}`)
    this.#options = { token, retries, longestWait, url, fetch: given }
  }

  /** One call of the API, by its name in the API's description; the answer as it is, with `data` and `meta`. */
  async call<Name extends CallName>(
    name: Name,
    ...[params, options = {}]: Rest<Params<Name>, CallOptions>
  ): Promise<Calls[Name]['answer']> {
    const read = async (response: Response) => (await response.json()) as Calls[Name]['answer']
    const attempt = () => this.#request(name, params, options.signal, {}, read)
    const again = CALLS[name][0] === 'GET' || SAFE.includes(name)
    return this.#retried(attempt, again ? this.#options.retries : 0, options.signal)
  }

  async user(user: string): Promise<User> {
    return (await this.call('user', { user_id: user })).data
  }
  /** Follows a user: an id, or a username with `@`. */
  follow = (user: string): Promise<User> => this.#change('follow', user)
  unfollow = (user: string): Promise<User> => this.#change('unfollow', user)
  mute = (user: string): Promise<User> => this.#change('mute', user)
  unmute = (user: string): Promise<User> => this.#change('unmute', user)
  block = (user: string): Promise<User> => this.#change('block', user)
  unblock = (user: string): Promise<User> => this.#change('unblock', user)

  async #change(
    name: 'follow' | 'unfollow' | 'mute' | 'unmute' | 'block' | 'unblock',
    user: string,
  ): Promise<User> {
    return (await this.call(name, { user_id: user })).data
  }

  /**
   * The pages of a list as the service answers them, each with the newest item first, or in the order of `sort`. `count` is the size of a
   * page. `sort` and `from: 'oldest'` exclude each other.
   */
  async *pages<Name extends PageName>(
    name: Name,
    params: Params<Name>,
    { from = 'newest', signal }: PageOptions = {},
  ): AsyncGenerator<Calls[Name]['answer']> {
    const largest = name.endsWith('Ids') ? LARGEST_PAGE_OF_IDS : LARGEST_PAGE
    const size = Math.abs(params.count ?? largest)
    const count = from === 'newest' ? size : -size
    const upwards = from === 'oldest' || ('sort' in params && params.sort === 'oldest')
    for (let cursor: { before_id?: string; since_id?: string; cursor?: string } = {}; ; ) {
      const options = signal === undefined ? {} : { signal }
      const page = await this.call<PageName>(name, { ...params, ...cursor, count }, options)
      yield page
      const { more, min_id, max_id } = page.meta
      const next = 'next_cursor' in page.meta ? page.meta.next_cursor : undefined
      if (more !== true) return
      if (next !== undefined) cursor = { cursor: next }
      else if (min_id === undefined || max_id === undefined) return
      else cursor = upwards ? { since_id: max_id } : { before_id: min_id }
    }
  }

  /** The items of a list one by one, from either end. */
  async *items<Name extends PageName>(
    name: Name,
    params: Params<Name>,
    options: PageOptions = {},
  ): AsyncGenerator<Item<Name>> {
    for await (const { data } of this.pages(name, params, options)) {
      const items: Item<Name>[] = [...data]
      yield* options.from === 'oldest' ? items.reverse() : items
    }
  }

  /**
   * Events in the order in which they were committed, after `since_id` or from now on, until the loop is left or the signal aborts.
   * After a broken connection it goes on behind the last event. An error that a new try cannot mend is thrown.
   */
  async *events<Name extends StreamName>(
    name: Name,
    ...[params, { signal } = {}]: Rest<Params<Name>, CallOptions>
  ): AsyncGenerator<Event> {
    let last: string | undefined
    let wanted: Record<string, unknown> = { ...params }
    for (let tries = this.#options.retries; ; tries = Number.POSITIVE_INFINITY) {
      let connection = new AbortController()
      let silence: ReturnType<typeof setTimeout> | undefined
      const received = () => {
        clearTimeout(silence)
        silence = setTimeout(() => connection.abort(silent(name)), SILENCE_MS)
      }
      const headers = {
        Accept: 'text/event-stream',
        ...(last === undefined ? {} : { 'Last-Event-ID': last }),
      }
      const connect = () => {
        connection = new AbortController()
        const either = signal === undefined ? connection.signal : AbortSignal.any([signal, connection.signal])
        received()
        const stream = this.#request(name, wanted, either, headers, async (response) => {
          // The page of a proxy, or of whatever else answers there: to connect again would have no end.
          if (!response.headers.get('Content-Type')?.toLowerCase().startsWith('text/event-stream')) {
            await response.body?.cancel()
            throw failureOf(response, '')
          }
          return response.body
        })
        return stream.finally(() => clearTimeout(silence))
      }
      const body = (await this.#retried(connect, tries, signal)) as ReadableStream<Uint8Array> | null
      if (body === null) throw new TypeError('This fetch cannot stream: read pages of events with call().')
      // Skips what was missed; a second time it would skip what came since.
      wanted = { ...wanted, purge: undefined }
      received()
      try {
        for await (const { id, data } of messagesOf(body, received)) {
          // An App Stream begins where its place was last stored, which may be before what was received. Elsewhere lower ids come from a database
          // that was restored from a backup.
          const seen =
            name === 'streamEvents' && id !== undefined && last !== undefined && BigInt(id) <= BigInt(last)
          if (!seen) last = id ?? last
          if (data === '' || seen) continue
          // Whoever reads the events may take long for one.
          clearTimeout(silence)
          yield JSON.parse(data) as Event
          received()
        }
      } catch {
        // The connection broke.
      } finally {
        clearTimeout(silence)
        connection.abort()
      }
      await pause(1, signal)
    }
  }

  /** Calls `attempt` until it succeeds, waiting as the service asks. */
  async #retried<T>(attempt: () => Promise<T>, retries: number, signal: AbortSignal | undefined): Promise<T> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await attempt()
      } catch (error) {
        const { longestWait } = this.#options
        if (!(error instanceof FollowGraphError) || !TRANSIENT.includes(error.status)) throw error
        const wait = error.retryAfter ?? Math.min(2 ** tries, longestWait)
        const endless = retries === Number.POSITIVE_INFINITY
        if (tries >= retries || (wait > longestWait && !endless)) throw error
        await pause(endless ? Math.min(Math.max(wait, 1), Math.max(longestWait, 1)) : wait, signal)
      }
    }
  }

  async #request<T>(
    name: keyof Calls,
    params: Record<string, unknown> = {},
    signal: AbortSignal | undefined,
    headers: Record<string, string>,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { fetch, token, url } = this.#options
    const [method, , type] = CALLS[name] as readonly [string, string, ('json' | 'form')?]
    const { body, ...rest } = params
    // `accessToken` logs the app in by its secret: an expired token beside it would be refused.
    const given = type === 'form' ? undefined : typeof token === 'function' ? await token() : token
    // One that was read from a file often has a line end.
    const bearer = given?.trim()
    if (bearer !== undefined && /[^!-~]/.test(bearer))
      throw new TypeError('The token has characters that no token has.')
    const init: RequestInit = {
      method,
      headers: { ...headers, ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }) },
      ...(signal === undefined ? {} : { signal }),
    }
    if (body !== undefined && type === 'form') {
      const fields = Object.entries(body as object).filter(([, value]) => value !== undefined)
      init.body = new URLSearchParams(fields as [string, string][])
    } else if (body !== undefined) {
      init.body = JSON.stringify(body)
      init.headers = { ...init.headers, 'Content-Type': 'application/json' }
    }
    const address = `${url}/stream/0${target(name, rest)}`
    let response: Response | undefined
    let text: string
    try {
      response = await fetch(address, init)
      if (response.ok) return await read(response)
      text = await response.text()
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (error instanceof FollowGraphError) throw error
      if (error instanceof SyntaxError && response?.ok) throw failureOf(response, '')
      throw new FollowGraphError(0, 'network', `${name} got no answer of ${url}: ${error}`, { cause: error })
    }
    throw failureOf(response, text)
  }
}

const silent = (name: StreamName): FollowGraphError =>
  new FollowGraphError(0, 'network', `${name} got nothing for ${SILENCE_MS / 1_000} seconds`)

function target(name: keyof Calls, params: Record<string, unknown>): string {
  const query = new URLSearchParams()
  const used = new Set<string>()
  const path = CALLS[name][1].replace(/\{(\w+)\}/g, (_, key: string) => {
    used.add(key)
    const value = String(params[key] ?? '')
    // Without it, and with dots, which an address resolves, the call would be another one.
    if (/^\.{0,2}$/.test(value)) throw new TypeError(`${name} needs ${key}`)
    return encodeURIComponent(value)
  })
  for (const [key, value] of Object.entries(params))
    if (value !== undefined && !used.has(key)) query.set(key, String(value))
  return query.size === 0 ? path : `${path}?${query}`
}

function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, seconds * 1000)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
