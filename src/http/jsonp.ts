// Knows JSONP: which callbacks are taken, and how an answer is wrapped.
import { badRequest } from './errors.ts'
import { single } from './params.ts'

const IDENTIFIER = /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/
const RESERVED = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally for function if ' +
    'import in instanceof new null return super switch this throw true try typeof var void while with yield let static await'
  ).split(' '),
)

/** The callback's name, undefined where none was asked for; 400 where it is not a plain (dotted) identifier. */
export function callbackName(query: URLSearchParams): string | undefined {
  const name = single(query, 'callback')
  if (name === undefined) return undefined
  if (name.length > 100 || !IDENTIFIER.test(name) || name.split('.').some((part) => RESERVED.has(part))) {
    throw badRequest(
      'the parameter callback must be a plain JavaScript identifier, dots allowed, of at most 100 characters.',
    )
  }
  return name
}

/** `name({...})`, safe inside a script: the two line separators that JSON allows and older JavaScript does not, escaped. */
export function wrap(name: string, text: string): string {
  return `${name}(${text.trimEnd().replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')})`
}
