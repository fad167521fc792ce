// What the package brings into somebody else's house: exact versions, nothing that runs at install, no host of a registry.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

type Entry = {
  dev?: boolean
  optional?: boolean
  devOptional?: boolean
  hasInstallScript?: boolean
  resolved?: string
  integrity?: string
  link?: boolean
}
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'))
const manifest = read('package.json') as Record<string, Record<string, string>>
const lock = (read('package-lock.json') as { packages: Record<string, Entry> }).packages
const packages = Object.entries(lock).filter(([path]) => path !== '')

it('names exact versions only', () => {
  const wanted = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}),
  )
  expect(wanted.length).toBeGreaterThan(20)
  expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
})

it('runs nothing at install, in what production needs', () => {
  const production = packages.filter(([, one]) => !one.dev && !one.optional && !one.devOptional)
  expect(production.length).toBeGreaterThan(20)
  expect(production.filter(([, one]) => one.hasInstallScript).map(([path]) => path)).toEqual([])
})

it('has scripts of its own that npm runs at install neither', () => {
  expect(
    Object.keys(manifest.scripts ?? {}).filter((name) => /^(pre|post)?install$|^prepare$/.test(name)),
  ).toEqual([])
})

it('locks every package by its bytes and names no host', () => {
  const text = readFileSync('package-lock.json', 'utf8')
  expect(text).not.toMatch(/"resolved": "https?:/)
  expect(
    packages.filter(([, one]) => !one.link && one.integrity === undefined).map(([path]) => path),
  ).toEqual([])
})
