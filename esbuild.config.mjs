// Builds dist/cli.mjs (the whole program in one file) and dist/index.mjs (the library surface).
// `--check-node` only checks the version of Node, with one clear line.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `rollproof needs Node.js 22.19 or newer to build and test; this is ${process.version} (is node_modules/node there? run: npm ci)`,
  )
  process.exit(2)
}
if (process.argv.includes('--check-node')) process.exit(0)

const { build } = await import('esbuild')

const shared = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  minifySyntax: true,
  minifyWhitespace: true,
  banner: {
    js: "import { createRequire as rollproofRequire } from 'node:module';const require = rollproofRequire(import.meta.url);",
  },
}

const cli = await build({
  ...shared,
  entryPoints: ['src/cli/bootstrap.ts'],
  outfile: 'dist/cli.mjs',
  banner: { js: `#!/usr/bin/env node\n${shared.banner.js}` },
})
// So that a link to it in PATH works: rollproof, kubectl-rollproof.
await chmod('dist/cli.mjs', 0o755)
// The lab's sample app by itself: a pod then starts in a fifth of the time that the whole program takes.
await build({
  ...shared,
  entryPoints: ['src/lab/app/app-process.ts'],
  outfile: 'dist/lab-app.mjs',
  banner: {},
})
const library = await build({ ...shared, entryPoints: ['src/index.ts'], outfile: 'dist/index.mjs' })

/** The licence texts of every package that went into the bundles. */
const packages = new Set()
for (const input of [...Object.keys(cli.metafile.inputs), ...Object.keys(library.metafile.inputs)]) {
  const match = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)
  if (match !== null) packages.add(match[0])
}
const texts = []
for (const folder of [...packages].sort()) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  let text = ''
  for (const file of [
    'LICENSE',
    'LICENSE.md',
    'LICENSE.txt',
    'LICENCE',
    'license',
    'License',
    'LICENSE-MIT',
    'license.md',
  ]) {
    text = await readFile(join(folder, file), 'utf8').catch(() => '')
    if (text !== '') break
  }
  texts.push(`${name} ${version} (${license ?? 'see its package'})\n\n${text.trim()}\n`)
}
await mkdir(dirname('dist/THIRD_PARTY_LICENSES'), { recursive: true })
await writeFile('dist/THIRD_PARTY_LICENSES', texts.join(`\n${'-'.repeat(80)}\n`))
