// How a token is shown: the Token object of the API.
import type { Token } from './token.ts'

// Files are another part of the platform; the number is what App.net's clients expect to find.
const MAX_FILE_SIZE = 10_000_000

/** The Token object as JSON text; `user` is the User's JSON text where it acts for one. */
export function tokenJson(token: Token, user: string | null): string {
  const parts = {
    app: { client_id: token.app.client_id, link: token.app.link, name: token.app.name },
    scopes: token.scopes,
    limits: {
      following: token.maxFollowing === null ? null : Number(token.maxFollowing),
      max_file_size: MAX_FILE_SIZE,
    },
  }
  const text = JSON.stringify(parts)
  return user === null ? text : `${text.slice(0, -1)},"user":${user}}`
}
