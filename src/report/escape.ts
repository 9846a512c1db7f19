/**
 * What must not reach a reader as it is: C0 and C1 controls (ESC, BEL, CR, backspace, CSI), DEL, line and paragraph
 * separators, bidirectional controls, zero-width and tag characters, byte-order mark, and halves of surrogate pairs.
 */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is being looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|[\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const visible = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  if (NAMED[character] !== undefined) return NAMED[character]
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\u{${code.toString(16)}}`
}

/** Text with every character that acts or hides shown as a visible escape, `\x1b`, on one line. */
export const escapeControls = (text: string): string => text.replace(INVISIBLE, visible)

/** Keeps line feeds and tabs as they are; everything else as {@link escapeControls}. For blocks such as a patch. */
export const escapeControlsByLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.split('\t').map(escapeControls).join('  '))
    .join('\n')

/**
 * `::error::` and `##[error]` as a CI log would obey them, wherever a line may begin (actions/runner, ActionCommand).
 * Every command has a letter beyond f, so that IPv6 addresses stay as they are.
 */
const neutralizeCommands = (text: string): string =>
  neutralizeBrackets(text.replace(/::(?=[\w-]*[g-z_-])/gi, ':\\x3a'))

const neutralizeBrackets = (text: string): string => text.replace(/##(?=(?:\[|vso\[))/gi, '#\\x23')

/** For a terminal or a CI log: no control sequence, no workflow command. */
export const escapeTerminal = (text: string): string => neutralizeCommands(escapeControls(text))

/** {@link escapeTerminal} line by line. */
export const escapeTerminalLines = (text: string): string => neutralizeCommands(escapeControlsByLine(text))

/** `##[error]` in markup that is printed to a CI log; a reader of the markup sees it unchanged. */
const neutralizeInMarkup = (markup: string): string => markup.replace(/##(?=\[|vso\[)/gi, '#&#35;')

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/** For HTML text and quoted attribute values. */
export const escapeHtml = (text: string): string =>
  neutralizeInMarkup(escapeControls(text).replace(/[&<>"'`]/g, (character) => HTML[character] ?? ''))

/** {@link escapeHtml}, keeping line feeds: for `<pre>`. No line is a workflow command where the page is printed to a log. */
export const escapeHtmlLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => escapeHtml(line).replace(/^(\s*):(?=:)/, '$1&#58;'))
    .join('\n')

/** For XML 1.0 text and attribute values: characters that XML 1.0 has not become visible escapes; `]]>` cannot arise. */
export const escapeXml = (text: string): string =>
  text
    .split('\n')
    .map((line) =>
      neutralizeInMarkup(escapeControls(line).replace(/[&<>"']/g, (character) => HTML[character] ?? '')),
    )
    .join('&#10;')

/** JSON for a `<script type="application/json">`: no `<`, `>` or `&` in it, so that no tag can end it. */
export const jsonForScript = (value: unknown): string =>
  escapeJsonText(JSON.stringify(value)).replace(
    /[<>&]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/**
 * The same JSON value, with what a terminal, an editor or a CI log would obey written as `\uXXXX`. Line feeds
 * between tokens stay.
 */
export const escapeJsonText = (json: string): string =>
  json
    .replace(/##(?=(?:\[|vso\[))/gi, '#\\u0023')
    .replace(INVISIBLE, (character) =>
      character === '\n'
        ? character
        : [...Array(character.length).keys()].map((i) => unit(character, i)).join(''),
    )

const unit = (text: string, index: number): string =>
  `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`

/**
 * For GitHub-flavoured Markdown text and table cells: no emphasis, link, image, HTML, mention, reference, formula,
 * emoji short code or table break comes of it. Everything that could is written as a character reference.
 */
export const escapeMarkdown = (text: string): string =>
  escapeControls(text)
    .replace(/[&<>\\`*_[\]#|~$]/g, reference)
    .replace(/@/g, '&#64;&#8203;')
    .replace(/::/g, '&#58;:')
    .replace(/:(?=\/\/|[\w+-]+:)/g, reference)
    .replace(/\b(www|mailto|xmpp)(?=[.:])/gi, (word) => `${word}&#8203;`)
    .replace(/^(\s*)([-+]|=+|\d+[.)])(?=\s|$)/, (_, space: string, mark: string) => {
      const last = mark.slice(-1)
      return `${space}${mark.slice(0, -1)}${reference(last)}`
    })

const reference = (character: string): string => `&#${character.charCodeAt(0)};`

/** Machine text (names, paths, messages) in Markdown: monospaced; never a mention or a link. */
export const markdownCode = (text: string): string => `<code>${escapeMarkdown(text)}</code>`

/** A fenced block that its text cannot leave. */
export const markdownFence = (text: string, language: string): string => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${escapeTerminalLines(text).replace(/\n+$/, '')}\n${fence}`
}

/** What begins a formula in a spreadsheet, its full-width forms too (OWASP, CSV Injection). */
const FORMULA = '[=+\\-@|%\uff1d\uff0b\uff0d\uff20]'
const FORMULA_AT_START = new RegExp(`^\\s*${FORMULA}`)
/** Where a semicolon separates fields (Excel in many languages), a field can begin within ours. */
const FORMULA_AFTER_SEMICOLON = new RegExp(`;(?=["'\\s]*${FORMULA})`, 'g')

/** One CSV field (RFC 4180), always quoted; what a spreadsheet would take for a formula gets an apostrophe before it. */
export const escapeCsv = (text: string): string => {
  const line = neutralizeCommands(escapeControls(text))
  const starts = FORMULA_AT_START.test(line) || /^[\t\r\n]/.test(text)
  const inert = line.replace(FORMULA_AFTER_SEMICOLON, ";'")
  return `"${(starts ? `'${inert}` : inert).replaceAll('"', '""')}"`
}

/** Message of a GitHub workflow command (actions/toolkit, `escapeData`), on one line, with nothing hidden in it. */
export const escapeWorkflowData = (text: string): string =>
  neutralizeBrackets(escapeControls(text)).replaceAll('%', '%25')

/** Property value of a GitHub workflow command (actions/toolkit, `escapeProperty`). */
export const escapeWorkflowProperty = (text: string): string =>
  escapeWorkflowData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
