// Reads query parameters; a wrong one is a 400 that names the parameter and says how to fix it.
import { badRequest } from './errors.ts'

/** The value of a parameter, undefined if it is absent; 400 if it occurs twice. */
export function single(query: URLSearchParams, name: string): string | undefined {
  const all = query.getAll(name)
  if (all.length > 1) throw badRequest(`the parameter ${name} occurs ${all.length} times; send it once.`)
  return all[0]
}

/** A parameter that is 0 or 1. */
export function flag(query: URLSearchParams, name: string, fallback: boolean): boolean {
  const value = single(query, name)
  if (value === undefined) return fallback
  if (value === '1') return true
  if (value === '0') return false
  throw badRequest(`the parameter ${name} must be 0 or 1.`)
}

/** An integer parameter between two inclusive bounds, as a bigint. */
export function integer(
  query: URLSearchParams,
  name: string,
  fallback: bigint,
  min: bigint,
  max: bigint,
): bigint {
  const value = single(query, name)
  if (value === undefined) return fallback
  const number = /^-?\d{1,30}$/.test(value) ? BigInt(value) : null
  if (number === null || number < min || number > max) {
    throw badRequest(`the parameter ${name} must be an integer from ${min} to ${max}.`)
  }
  return number
}
