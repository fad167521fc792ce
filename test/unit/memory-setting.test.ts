// The setting MEMORY, which was called PROFILE_MEMORY.
import { expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'

it.each([
  [{ MEMORY: '7', PROFILE_MEMORY: undefined }, 7_000_000],
  [{ MEMORY: '0', PROFILE_MEMORY: '9' }, 0],
  [{ MEMORY: undefined, PROFILE_MEMORY: '9' }, 9_000_000],
])('%j is so many bytes', (settings, bytes) => {
  expect(readConfig(settings).memory).toBe(bytes)
})
