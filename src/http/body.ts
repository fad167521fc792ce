// Reads the body of a request: checks size, media type and text, and parses JSON and forms. Routes check the fields.
import type { Context } from 'koa'
import getRawBody from 'raw-body'
import { ApiError, badRequest } from './errors.ts'
import { faultOf, MAX_LEVELS, named, textFault } from './plain.ts'
import { withinMemory } from './received.ts'

const MAX_BODY = 1_000_000
// Routes take a few hundred at most. A million empty ones kept the process busy for more than half a second.
const MAX_FORM_FIELDS = 1_000
// The largest body of a route has some thousands. A megabyte of empty lists takes a quarter of a second to read.
const MAX_JSON_VALUES = 20_000

export type Body =
  | { type: 'none' }
  | { type: 'json'; value: unknown }
  | { type: 'form'; value: URLSearchParams }

/**
 * Reads the body of a POST, PUT or PATCH as JSON or as a form; an empty body gives `none`, whatever its type. Compressed
 * bodies are refused: they could expand without limit. Errors: 400 (not JSON; invalid text, a number that is too large or
 * nesting that is too deep, in known and unknown fields alike), 413, 415.
 */
export async function readBody(ctx: Context, accepted: ('json' | 'form')[]): Promise<Body> {
  const { req } = ctx
  if (req.headers['content-length'] === '0') return { type: 'none' }
  if (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined)
    return { type: 'none' }
  const encoding = req.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ApiError(
      'unsupported-media-type',
      `A body in the encoding ${JSON.stringify(encoding)} is not accepted; send it plain.`,
    )
  }
  const declared = ctx.request.length
  if (declared !== undefined && declared > MAX_BODY) throw tooLarge()
  const read = getRawBody(req, { limit: MAX_BODY, length: declared ?? null })
  const bytes = await withinMemory(req, read).catch((error: { type?: string }) => {
    // The rest is read and discarded (the request's timeout limits that): closing the connection here would lose the answer.
    req.resume()
    if (error instanceof ApiError) throw error
    if (error.type === 'entity.too.large') throw tooLarge()
    throw badRequest('the body ended before it was complete; send it again.')
  })
  if (bytes.length === 0) return { type: 'none' }
  const kind = ctx.is('json', '+json') ? 'json' : ctx.is('urlencoded') ? 'form' : null
  if (kind === null || !accepted.includes(kind)) {
    const names = accepted.map((type) =>
      type === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
    )
    throw new ApiError(
      'unsupported-media-type',
      `A body of this type is not accepted here; send ${names.join(' or ')}.`,
    )
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw badRequest('the body is not valid UTF-8; send UTF-8.')
  }
  if (kind === 'form') return formOf(text)
  if (hasMoreValues(bytes, MAX_JSON_VALUES))
    throw badRequest(`the body has over ${MAX_JSON_VALUES} values; send less, or send it in parts.`)
  return jsonOf(text)
}

// Counts the commas and opening brackets outside strings. A body that is nested too deeply before that is left to faultOf, which names the field.
function hasMoreValues(json: Buffer, most: number): boolean {
  let [values, depth] = [0, 0]
  let isText = false
  for (let at = 0; at < json.length && values <= most; at += 1) {
    const byte = json[at]
    if (byte === QUOTE) isText = !isText
    else if (byte === BACKSLASH && isText) at += 1
    else if (isText) continue
    else if (byte === COMMA) values += 1
    else if (byte === BRACE || byte === BRACKET) {
      values += 1
      depth += 1
      // The body itself is no level.
      if (depth > MAX_LEVELS + 1) return false
    } else if (byte === END_OF_BRACE || byte === END_OF_BRACKET) depth -= 1
  }
  return values > most
}

const [QUOTE, BACKSLASH, COMMA, BRACE, BRACKET, END_OF_BRACE, END_OF_BRACKET] = Buffer.from('"\\,{[}]')

function jsonOf(text: string): Body {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badRequest('the body is not valid JSON; check its brackets, quotes and commas.')
  }
  const fault = faultOf(value)
  if (fault !== undefined) throw badRequest(fault)
  return { type: 'json', value }
}

function formOf(text: string): Body {
  const pairs = text.split('&', MAX_FORM_FIELDS + 1)
  if (pairs.length > MAX_FORM_FIELDS)
    throw badRequest(`the body is a form of over ${MAX_FORM_FIELDS} fields; send fewer at a time.`)
  for (const pair of pairs) {
    const [key = ''] = new URLSearchParams(pair).keys()
    const bytes = /(?:%[\da-f]{2})+/gi
    // URLSearchParams would silently replace these bytes with U+FFFD.
    if (pair.match(bytes)?.some((escapes) => !isUtf8(escapes)) === true)
      throw badRequest(
        `${key.includes('\ufffd') ? 'the body' : named([key])} is not valid UTF-8; escape UTF-8.`,
      )
  }
  const value = new URLSearchParams(text)
  for (const [key, text] of value) {
    const inKey = textFault(key)
    if (inKey !== undefined) throw badRequest(`a key of the body ${inKey}`)
    const fault = textFault(text)
    if (fault !== undefined) throw badRequest(`${named([key])} ${fault}`)
  }
  return { type: 'form', value }
}

function isUtf8(escapes: string): boolean {
  try {
    decodeURIComponent(escapes)
    return true
  } catch {
    return false
  }
}

const tooLarge = () => new ApiError('too-large', 'The body is over 1 MB; send less, or send it in parts.')
