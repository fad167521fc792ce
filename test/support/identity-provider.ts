// A key server on loopback with keys made by jose, tokens signed with them, and a verifier that uses the server.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { ApiError } from '../../src/http/errors.ts'
import { createJwtVerifier, type JwtVerifier } from '../../src/tokens/jwt.ts'
import type { Client } from '../../src/tokens/store.ts'
import type { Item } from '../../src/users/item.ts'
import { renderProfile } from '../../src/users/profile.ts'

type Pair = Awaited<ReturnType<typeof generateKeyPair>>
export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Seconds since 1970 at which every test begins. */
export const START = 1_800_000_000

export const json = (response: ServerResponse, value: unknown) =>
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value))

export const publicJwk = async (pair: Pair, kid: string, alg: string) => ({
  ...(await exportJWK(pair.publicKey)),
  kid,
  alg,
  use: 'sig',
})

const stored = new Map<bigint, Item[0]>([
  [7n, renderProfile({ id: 7n, type: 'bot', name: '"type":"feed"' }, new Map())],
  [8n, { id: 8n, username: 'hand' }],
  [9_007_199_254_740_992n, renderProfile({ id: 9_007_199_254_740_992n }, new Map())],
  [9_007_199_254_740_993n, renderProfile({ id: 9_007_199_254_740_993n }, new Map())],
])
/** The users that exist: one as the service stores it, one written by hand, two whose ids are one number to JavaScript. */
const users = {
  fetch: async (ids: bigint[]): Promise<Item[]> =>
    ids.flatMap((id) => (stored.has(id) ? [[stored.get(id), 0n, 0n, null, null] as Item] : [])),
}

/** The one app that is registered, and how often apps were looked up. */
const tokens = {
  lookUps: 0,
  async findClient(clientId: string): Promise<Client | null> {
    tokens.lookUps += 1
    if (clientId !== 'registered') return null
    return {
      name: 'My app',
      link: 'https://example.org',
      scopes: ['basic'],
      secretHash: null,
      maxFollowing: 3n,
    }
  },
}

/** Starts the server; one a test file. */
export async function startIdentityProvider() {
  const extractable = { extractable: true }
  const [rsa, ec, other] = await Promise.all([
    generateKeyPair('RS256', extractable),
    generateKeyPair('ES256', extractable),
    generateKeyPair('ES256', extractable),
  ])
  const server = createServer((request, response) => {
    idp.asked.push(request.url as string)
    if (idp.answer !== null) idp.answer(request, response)
    else if (request.url === '/realm/.well-known/openid-configuration') json(response, idp.discovery())
    else if (request.url === '/keys') json(response, { keys: idp.keys })
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const idp = {
    issuer: `${base}/realm`,
    rsa,
    ec,
    other,
    /** What the server publishes, how it answers instead, which paths it was asked for, and the verifier's two clocks. */
    keys: [] as object[],
    answer: null as Answer | null,
    asked: [] as string[],
    time: START * 1000,
    elapsed: 0,
    verifier: null as unknown as JwtVerifier,
    discovery: (): { issuer: string; jwks_uri: string } => ({ issuer: idp.issuer, jwks_uri: `${base}/keys` }),
    async reset(userClaim = 'sub', maxFollowing: bigint | null = 100n): Promise<void> {
      idp.keys = [await publicJwk(rsa, 'rsa', 'RS256'), await publicJwk(ec, 'ec', 'ES256')]
      idp.answer = null
      idp.asked = []
      idp.time = START * 1000
      idp.elapsed = 0
      idp.verifier = idp.verifierOf(idp.issuer, userClaim, maxFollowing)
    },
    verifierOf: (issuer: string, userClaim = 'sub', maxFollowing: bigint | null = 100n): JwtVerifier =>
      createJwtVerifier(
        { issuer, audience: 'follow-graph', userClaim },
        users,
        tokens,
        maxFollowing,
        () => idp.time,
        () => idp.elapsed,
      ),
    /** So many milliseconds pass: only one of the clocks can be set back. */
    pass(ms: number): void {
      idp.time += ms
      idp.elapsed += ms
    },
    lookUps: () => tokens.lookUps,
    good: (): JWTPayload => ({
      iss: idp.issuer,
      aud: 'follow-graph',
      sub: '7',
      exp: START + 60,
      scope: 'follow stream',
      client_id: 'web',
    }),
    /** A token of the claims of `good` with these changes; undefined leaves a claim out. */
    sign(
      changes: Record<string, unknown> = {},
      header: Record<string, unknown> = {},
      key: Pair['privateKey'] | Uint8Array = ec.privateKey,
    ): Promise<string> {
      const payload = Object.entries({ ...idp.good(), ...changes }).filter(([, value]) => value !== undefined)
      return new SignJWT(Object.fromEntries(payload))
        .setProtectedHeader({ alg: 'ES256', kid: 'ec', typ: 'JWT', ...header } as { alg: string })
        .sign(key)
    },
    /** The error with which a token is refused. */
    async failed(text: string, verifier?: JwtVerifier): Promise<ApiError> {
      const thrown: unknown = await (verifier ?? idp.verifier).find(text).catch((error: unknown) => error)
      if (thrown instanceof ApiError) return thrown
      throw new Error('This token was to be refused with an answer.', { cause: thrown })
    },
    /** `user 7`, or the status and the slug of the refusal. */
    async outcome(text: string): Promise<string> {
      try {
        return `user ${(await idp.verifier.find(text)).user?.id}`
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return `${error.status} ${error.slug}`
      }
    },
    close(): void {
      server.closeAllConnections()
      server.close()
    },
  }
  return idp
}
