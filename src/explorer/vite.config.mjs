// Builds the explorer into dist/explorer: index.html, and everything that it loads in the folder explorer/ beside it.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Writes the licences of what is bundled into workers: `build.license` leaves these out.
 * @returns {import('vite').Plugin}
 */
const workerLicences = () => ({
  name: 'worker-licences',
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
    const folders = modules.flatMap((id) => id.match(/^.*\/node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? [])
    const texts = [...new Set(folders)].sort().map((folder) => {
      const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
      const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
      if (file === undefined) throw new Error(`${name} has no file with its licence.`)
      return `## ${name} - ${version}\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`
    })
    this.emitFile({ type: 'asset', fileName: 'explorer/LICENSES-worker.txt', source: texts.join('\n') })
  },
})

/** @type {import('vite').UserConfig} */
export default {
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Relative, so that the page works under a path that a proxy strips.
  base: './',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', plugins: () => [workerLicences()] },
  build: {
    outDir: fileURLToPath(new URL('../../dist/explorer', import.meta.url)),
    emptyOutDir: true,
    assetsDir: 'explorer',
    // The page's policy allows no data: scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    // The licences of what is bundled ship with it.
    license: { fileName: 'explorer/LICENSES.txt' },
  },
}
