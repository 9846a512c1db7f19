import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = new URL('../../src/report/html/page/', import.meta.url)

const bundle = async (entry: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, folder))],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['es2023', 'chrome110', 'firefox115', 'safari16.4'],
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'silent',
  })
  return (outputFiles[0]?.text ?? '').trim()
}

/** Where the generated source of the page is kept. */
export const PAGE_SOURCE = fileURLToPath(new URL('../page-source.ts', folder))

/**
 * `page-source.ts`: the script and the style of the HTML report, bundled from `page/`, as two strings. Kept in the
 * repository, so that the report can be rendered from source and from the bundle alike, with the same bytes.
 */
export const pageSource = async (): Promise<string> => {
  const [script, style] = await Promise.all([bundle('page.js'), bundle('style.css')])
  if (/<\/(?:script|style)/i.test(script + style))
    throw new Error('the page would end its own script or style')
  return [
    '// biome-ignore-all lint: generated from page/ by `npm run golden`',
    '// biome-ignore-all format: generated from page/ by `npm run golden`',
    '/** Script of the HTML report, minified. */',
    `export const PAGE_SCRIPT = ${JSON.stringify(script)}`,
    '/** Style of the HTML report, minified. */',
    `export const PAGE_STYLE = ${JSON.stringify(style)}`,
    '',
  ].join('\n')
}
