// Serves the readable API reference: a page that shows /openapi.json with a viewer served from here, no internet needed.
import { existsSync, readFileSync } from 'node:fs'

// The build puts the viewer's one file beside the compiled code: as a dependency it would bring a tree of packages, two of
// which run scripts at install, into everybody's house. The second place is where a test that runs from src finds it.
const VIEWERS = ['./viewer/rapidoc-min.js', '../dist/viewer/rapidoc-min.js'].map(
  (place) => new URL(place, import.meta.url),
)

// Every address follows from the script's own, so that the page works under every host name and path, known to the service or not.
// The viewer fills in every body: one that need not be there would carry an invented access_token beside the token that was set.
const START = `import './viewer.js'
const root = new URL('..', import.meta.url).href
const place = root + 'openapi.json'
const prepare = (item) => {
  if (item.servers) item.servers = [{ url: root.slice(0, -1) }]
  for (const operation of Object.values(item))
    if (operation.requestBody?.required === false) delete operation.requestBody
}
const page = document.querySelector('rapi-doc')
try {
  const answer = await fetch(place)
  if (!answer.ok) throw new Error('status ' + answer.status)
  const description = await answer.json()
  Object.values(description.paths).forEach(prepare)
  description.servers = [{ url: root + 'stream/0' }]
  await page.loadSpec(description)
} catch (error) {
  page.replaceWith('The description of the API could not be read from ' + place + ': ' + error.message)
}
`

const html = (root: string) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>follow-graph API</title><link rel="icon" href="data:,">
<script type="module" src="${root}start.js"></script></head>
<body><rapi-doc render-style="read" theme="light" show-header="false" load-fonts="false" allow-server-selection="false" schema-description-expanded="true"></rapi-doc></body>
</html>
`

export type Docs = {
  /** The pages by their path. */
  pages: Record<string, string>
  /** The scripts by their path, each made when it is first asked for. */
  scripts: Record<string, () => string>
}

/** The page, with and without a slash at its end, and its scripts. Every address in them is relative. */
export function docsPage(): Docs {
  let viewer: string | undefined
  return {
    pages: { '/docs': html('docs/'), '/docs/': html('') },
    scripts: {
      '/docs/start.js': () => START,
      '/docs/viewer.js': () => {
        viewer ??= readFileSync(VIEWERS.find((place) => existsSync(place)) as URL, 'utf8')
        return viewer
      },
    },
  }
}
