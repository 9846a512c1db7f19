import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/** Without what ends the browser with its first page, or weakens the rules that the tests are about. */
const packagedArgs = (): string[] =>
  chromium.args.filter(
    (arg) =>
      ![
        '--single-process',
        '--no-zygote',
        '--disable-web-security',
        '--allow-running-insecure-content',
      ].includes(arg),
  )

/** A headless Chromium: the one of CHROME_PATH, else the one that comes inside the package. */
export const launchBrowser = async (): Promise<Browser> => {
  const own = process.env.CHROME_PATH ?? ''
  const executablePath = own === '' ? await chromium.executablePath() : own
  return playwright.launch({ executablePath, args: own === '' ? packagedArgs() : [], headless: true })
}
