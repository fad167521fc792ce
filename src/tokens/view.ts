// Formats the Token object of the API.
import type { Token } from './token.ts'

// This service stores no files, but clients of App.net expect the number.
const MAX_FILE_SIZE = 10_000_000

/** The Token object as JSON text; `user` is the User object as JSON text, null for an app token. */
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
