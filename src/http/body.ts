// Reads the body of a request: checks size, media type and text, and parses JSON and forms. Routes check the fields.
import { isUtf8 } from 'node:buffer'
import type { Context } from 'koa'
import { ApiError, badRequest } from './errors.ts'
import { faultOf, MAX_LEVELS, named, textFault } from './plain.ts'
import { receive } from './received.ts'

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
  if (encoding !== undefined && !/^[\s,]*(?:identity[\s,]*)*$/i.test(encoding)) {
    throw new ApiError(
      'unsupported-media-type',
      `A body in the encoding ${JSON.stringify(encoding)} is not accepted; send it plain.`,
    )
  }
  const bytes = await receive(req)
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
  if (kind === 'form') return formOf(bytes, text)
  return jsonOf(bounded(text))
}

// The JSON text to parse. Counts the commas and opening brackets outside strings. What is nested too deeply ends the text, closed there, so that faultOf
// names the field: the rest would take as long as many values, and the parser drops a value for a second one of the same name.
function bounded(json: string): string {
  const closing: string[] = []
  let values = 0
  let isText = false
  for (let at = 0; at < json.length; at += 1) {
    const sign = json.charCodeAt(at)
    if (sign === QUOTE) isText = !isText
    else if (sign === BACKSLASH && isText) at += 1
    else if (isText) continue
    else if (sign === END_OF_BRACE || sign === END_OF_BRACKET) closing.pop()
    else if (sign === COMMA || sign === BRACE || sign === BRACKET) {
      values += 1
      if (values > MAX_JSON_VALUES)
        throw badRequest(`the body has over ${MAX_JSON_VALUES} values; send less, or send it in parts.`)
      if (sign !== COMMA) closing.push(sign === BRACE ? '}' : ']')
      // The body itself is no level, if it is an object.
      if (closing.length > MAX_LEVELS + 1) return json.slice(0, at + 1) + closing.reverse().join('')
    }
  }
  return json
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

function formOf(bytes: Buffer, text: string): Body {
  const pairs = text.split('&', MAX_FORM_FIELDS + 1)
  if (pairs.length > MAX_FORM_FIELDS)
    throw badRequest(`the body is a form of over ${MAX_FORM_FIELDS} fields; send fewer at a time.`)
  // URLSearchParams would silently replace such bytes with U+FFFD.
  const bad = decodesToUtf8(bytes) ? undefined : pairs.find((pair) => !decodesToUtf8(Buffer.from(pair)))
  if (bad !== undefined) {
    const [key = ''] = new URLSearchParams(bad).keys()
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

// Whether a form is UTF-8 once its escapes are decoded. In one pass: a megabyte of separate escapes took 200 ms with a match and a decodeURIComponent for
// each, and takes under half of that so (Node 20.20, a busy machine).
function decodesToUtf8(form: Buffer): boolean {
  const decoded = Buffer.allocUnsafe(form.length)
  let length = 0
  for (let at = 0; at < form.length; at += 1) {
    const escaped = form[at] === PERCENT ? (digit(form[at + 1]) << 4) | digit(form[at + 2]) : -1
    decoded[length++] = escaped < 0 ? (form[at] as number) : escaped
    // A percent sign that begins no escape is text.
    if (escaped >= 0) at += 2
  }
  return isUtf8(decoded.subarray(0, length))
}

const [PERCENT] = Buffer.from('%')
const DIGITS = new Int8Array(256).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries())
  for (const sign of [digit, digit.toUpperCase()]) DIGITS[sign.charCodeAt(0)] = value

/** The value of a hexadecimal digit, -1 of another byte. */
const digit = (byte = 0): number => DIGITS[byte] as number
