// Knows which run of vitest each folder of tests belongs to, as the configurations say.
import { readdirSync, readFileSync } from 'node:fs'

/** @returns {[folder: string, config: string][]} a pair for each folder that a configuration includes */
export function foldersOfRuns() {
  const configs = readdirSync('.').filter((name) => /^vitest\..*config\.ts$/.test(name))
  return configs.flatMap((config) => {
    const include = /include: \[['"]test\/\{?([\w,]+)\}?\/\*\*/.exec(readFileSync(config, 'utf8'))
    return (include?.[1]?.split(',') ?? []).map((folder) => [folder, config])
  })
}
