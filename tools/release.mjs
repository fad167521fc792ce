// Prepares a release (`npm run release -- X.Y.Z`): version, changelog, commit and tag. It pushes and publishes nothing; CONTRIBUTING.md says what comes after.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim()
const fail = (sentence) => {
  console.error(sentence)
  process.exit(1)
}

const [version = ''] = process.argv.slice(2)
if (!/^\d+\.\d+\.\d+$/.test(version)) fail('Name the version: npm run release -- 1.2.3')
if (git('status', '--porcelain') !== '') fail('The working tree has changes: commit or stash them first.')
if (git('tag', '--list', `v${version}`) !== '') fail(`The tag v${version} exists already.`)

const changelog = readFileSync('CHANGELOG.md', 'utf8')
const [, unreleased] = changelog.match(/^## Unreleased\n([\s\S]*?)(?=^## |$(?![\s\S]))/m) ?? []
if (unreleased === undefined || unreleased.trim() === '')
  fail('CHANGELOG.md has nothing under "## Unreleased": write down what users notice.')

const day = new Date().toISOString().slice(0, 10)
writeFileSync(
  'CHANGELOG.md',
  changelog.replace('## Unreleased\n', `## Unreleased\n\n## ${version} (${day})\n`),
)
// Writes package.json and package-lock.json; the tag comes with our own commit.
execFileSync('npm', ['version', version, '--no-git-tag-version', '--allow-same-version'], {
  stdio: 'inherit',
})
git('commit', '--all', '--message', `Release ${version}`)
git('tag', '--annotate', `v${version}`, '--message', `follow-graph ${version}`)
console.error(`Committed and tagged v${version}. Next: .ci/run, git push --follow-tags, and publish from CI.`)
