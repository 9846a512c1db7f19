import { COMMANDS } from './payloads/commands.ts'
import { MARKDOWN } from './payloads/markdown.ts'
import { HTML } from './payloads/markup.ts'
import { SHEETS } from './payloads/sheets.ts'
import { TERMINAL } from './payloads/terminal.ts'
import { XML } from './payloads/xml.ts'

/** Text that would act in one sink or another: HTML, terminals, CI logs, Markdown, spreadsheets, XML. */
export const PAYLOADS: readonly string[] = [...HTML, ...TERMINAL, ...COMMANDS, ...MARKDOWN, ...SHEETS, ...XML]

/** One string with something for each sink, for the golden renders. */
export const HOSTILE_SAMPLE = `</script><img src=x onerror=alert(1)>\u001b[2J\u202e|\`@you\` ::error::x ]]>\u0000=1`
