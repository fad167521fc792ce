// What a handler returns, and how it becomes bytes: the success envelope, whole or streamed.

/** JSON text that is already made and goes out as it is. */
export class RawJson {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/**
 * What a handler returns. `bare` leaves the envelope off, `secret` the compression, whose length would tell of a token
 * beside chosen text; `stream` yields the elements of a list, joined by commas.
 */
export type Answer =
  | {
      data: unknown
      meta?: Record<string, unknown>
      headers?: Record<string, string>
      bare?: boolean
      secret?: boolean
    }
  | { stream: AsyncIterable<string>; headers?: Record<string, string> }
  | SlowAnswer
  | EndlessAnswer

/** The JSON text of `data` in pieces, of something that takes long: white space is sent until it is known, so that no proxy cuts the connection. */
export type SlowAnswer = { slow: AsyncIterable<string>; headers?: Record<string, string> }

/** A body without an end and without an envelope. */
export type EndlessAnswer = {
  /** Writes the pieces, and resolves when no more come. */
  endless(write: WritePiece): Promise<void>
  /** Resolves when no more is to be sent, though the client may take nothing at the moment: its connection is cut then. */
  over: Promise<void>
  type: string
  headers?: Record<string, string>
}

/** Sends a piece of a body. Returns a promise, resolved when the connection can take more or is closed, only where it can take no more now. */
export type WritePiece = (piece: string) => Promise<void> | undefined

/** The success envelope as minified JSON text. */
export function envelope(data: unknown, meta: Record<string, unknown> = {}): string {
  return `{"data":${json(data)},"meta":${JSON.stringify({ code: 200, ...meta })}}`
}

/** JSON text of a value that may hold ready text. */
export const json = (value: unknown): string =>
  value instanceof RawJson ? value.text : JSON.stringify(value)

// Indenting 13 MB, which one page of users with large annotations can have, stops all other requests for two seconds.
const MAX_PRETTY = 2_000_000

/** Indented JSON that ends in a line break; a text of over two million characters is not indented. Ids are strings, so no digit is lost by parsing. */
export const pretty = (text: string): string =>
  `${text.length > MAX_PRETTY ? text : JSON.stringify(JSON.parse(text), null, 2)}\n`

/** The failure envelope as minified JSON text. */
export function failure(
  status: number,
  message: string,
  slug: string,
  errorId: string,
  more: Record<string, unknown> = {},
): string {
  return JSON.stringify({
    meta: { code: status, error_message: message, error_slug: slug, error_id: errorId, ...more },
  })
}

/**
 * The envelope of a list of million elements, piece by piece. The first piece of the source is awaited before the
 * first byte, so that a failure at the start still has its status; a later one throws, and the socket is destroyed.
 */
export async function* streamedEnvelope(
  elements: AsyncIterable<string>,
  indented: boolean,
): AsyncGenerator<string> {
  const [open, between, close] = indented
    ? ['{\n  "data": [', ',\n    ', '\n  ],\n  "meta": {\n    "code": 200\n  }\n}\n']
    : ['{"data":[', ',', '],"meta":{"code":200}}']
  let first = true
  for await (const piece of elements) {
    const part = indented ? piece.replaceAll(',', between) : piece
    if (piece === '') continue
    yield first ? open + (indented ? '\n    ' : '') + part : between + part
    first = false
  }
  yield first
    ? indented
      ? '{\n  "data": [],\n  "meta": {\n    "code": 200\n  }\n}\n'
      : `${open}${close}`
    : close
}
