// Knows the readable API reference: a page that shows /openapi.json with a viewer served from here, no internet needed.
import { existsSync, readFileSync } from 'node:fs'

// The build puts the viewer's one file beside the compiled code: as a dependency it would bring a tree of packages, two of
// which run scripts at install, into everybody's house. The second place is where a test that runs from src finds it.
const VIEWERS = ['./viewer/rapidoc-min.js', '../dist/viewer/rapidoc-min.js'].map(
  (place) => new URL(place, import.meta.url),
)

/** The page and its script, which is read when it is first asked for. */
export function docsPage(): { html: string; script: () => string } {
  let script: string | undefined
  return {
    html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>follow-graph API</title><link rel="icon" href="data:,">
<script type="module" src="/docs/viewer.js"></script></head>
<body><rapi-doc spec-url="/openapi.json" render-style="read" theme="light" show-header="false" load-fonts="false" allow-server-selection="false" schema-description-expanded="true"></rapi-doc></body>
</html>
`,
    script() {
      script ??= readFileSync(VIEWERS.find((place) => existsSync(place)) as URL, 'utf8')
      return script
    },
  }
}
