// Prints which images the built product asks for, and what of this machine the stand-in for Neo4j's is made of; fetches that if need be.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { NEWEST } from '../../dist/database/choose.js'
import { fetchProgram, programDir } from '../../dist/database/fetch.js'
import { findJavas } from '../../dist/database/java.js'
import { defaultCacheDir } from '../../dist/database/own.js'

const { REAPER_IMAGE } = createRequire(import.meta.url)('testcontainers/build/reaper/reaper.js')
const cache = defaultCacheDir(process.env.XDG_CACHE_HOME)
const java = (await findJavas(undefined)).javas.sort((a, b) => a.major - b.major).at(-1)
await fetchProgram(cache, NEWEST, java, (line) => process.stderr.write(`${line}\n`))
console.log(`neo4j:${NEWEST}`, REAPER_IMAGE, java.home, join(programDir(cache, NEWEST), 'lib'))
