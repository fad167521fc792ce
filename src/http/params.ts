// Knows how query parameters are read and refused; every refusal names the parameter and the remedy.
import { badRequest } from './errors.ts'

/** One value of a parameter, undefined where it is absent; 400 where it stands twice. */
export function single(query: URLSearchParams, name: string): string | undefined {
  const all = query.getAll(name)
  if (all.length > 1) throw badRequest(`the parameter ${name} stands ${all.length} times; send it once.`)
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

/** An integer parameter within bounds, both inclusive; digits beyond 2^53 are kept. */
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
