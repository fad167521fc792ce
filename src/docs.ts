// Knows the readable API reference: a page that shows /openapi.json with a viewer served from here, no internet needed.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

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
      script ??= readFileSync(createRequire(import.meta.url).resolve('rapidoc/dist/rapidoc-min.js'), 'utf8')
      return script
    },
  }
}
