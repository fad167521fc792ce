// Applies a patch: TypeScript's syntax tree finds the function that the patch names, and the code to replace is compared without regard to
// spaces, line breaks, quotes and trailing commas. So a patch still applies when lines move or are formatted anew.
import { readFileSync } from 'node:fs'
import { SyntaxKind } from 'typescript/unstable/ast'
import { createVirtualFileSystem } from 'typescript/unstable/fs'
import { API } from 'typescript/unstable/sync'

const NAMED = new Set([
  ...[SyntaxKind.FunctionDeclaration, SyntaxKind.VariableDeclaration, SyntaxKind.ClassDeclaration],
  ...[SyntaxKind.MethodDeclaration, SyntaxKind.PropertyAssignment, SyntaxKind.PropertyDeclaration],
])

/** The named pieces of each text (`outer.inner`, with where they begin and end), and whether TypeScript can read it. */
export function parse(texts) {
  const names = texts.map((_, n) => `/${n}.ts`)
  const options = { noLib: true, noResolve: true, noEmit: true, types: [], allowImportingTsExtensions: true }
  const api = new API({
    cwd: '/',
    fs: createVirtualFileSystem({
      '/tsconfig.json': JSON.stringify({ compilerOptions: options, files: names }),
      ...Object.fromEntries(names.map((name, n) => [name, texts[n]])),
    }),
  })
  try {
    const { program } = api.updateSnapshot({ openProject: '/tsconfig.json' }).getProjects()[0]
    return names.map((name) => ({
      pieces: piecesOf(program.getSourceFile(name)),
      valid: program.getSyntacticDiagnostics(name).length === 0,
    }))
  } finally {
    api.close()
  }
}

function piecesOf(source) {
  const pieces = []
  const visit = (path) => (node) => {
    const name = NAMED.has(node.kind) ? node.name?.text : undefined
    const here = name === undefined ? path : [...path, name]
    if (name !== undefined) pieces.push({ path: here, from: node.pos, to: node.end })
    node.forEachChild(visit(here))
  }
  source.forEachChild(visit([]))
  return pieces
}

/** Applies each patch alone to its file as it is; the result has `text`, or `fault` where the patch does not apply. */
export function applyEach(patches) {
  const files = [...new Set(patches.map(({ file }) => file))]
  const texts = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))
  const sources = files.filter((file) => file.endsWith('.ts'))
  const parsed = parse(sources.map((file) => texts.get(file)))
  const pieces = new Map(sources.map((file, n) => [file, parsed[n].pieces]))
  return patches.map((patch) => applyTo(texts.get(patch.file), patch, pieces.get(patch.file)))
}

/** Applies one patch to a text; `pieces` is undefined where the whole text is searched (Cypher). */
export function applyTo(text, { file, in: wanted, find, put }, pieces) {
  let [from, to] = [0, text.length]
  if (pieces !== undefined) {
    const found = pieces.filter(({ path }) => `.${path.join('.')}`.endsWith(`.${wanted}`))
    if (found.length !== 1) return { fault: `${file} has ${found.length} functions named ${wanted}` }
    ;[{ from, to }] = found
  }
  const matches = [...text.slice(from, to).matchAll(patternOf(find))]
  const place = wanted === undefined ? file : `${wanted} of ${file}`
  if (matches.length !== 1) return { fault: `${place} has ${matches.length} times: ${find}` }
  const at = from + matches[0].index
  return { text: text.slice(0, at) + put + text.slice(at + matches[0][0].length) }
}

function patternOf(code) {
  const words = code.match(/[\w$]+|[^\s\w$]/g)
  const isWord = (text) => /^[\w$]/.test(text)
  let pattern = isWord(words[0]) ? '(?<![\\w$])' : ''
  for (const [n, word] of words.entries()) {
    const last = words[n - 1]
    if (last !== undefined) pattern += isWord(last) && isWord(word) ? '\\s+' : '\\s*'
    if (last !== ',' && /^[)\]}]$/.test(word)) pattern += ',?\\s*'
    pattern += /^['"]$/.test(word) ? `['"]` : word.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  }
  return new RegExp(`${pattern}${isWord(words.at(-1)) ? '(?![\\w$])' : ''}`, 'g')
}
