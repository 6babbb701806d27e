/** The page in a real browser, on a wide screen, a tablet, a telephone and paper. */

import { languages, renderReport } from '@lockgate/report'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { have, programPath } from '../../../test/lab/index.ts'
import { sample } from './sample.ts'

/** A line of a reason that is narrower than this has a word or two. */
const narrowest = 160

describe.skipIf(!have('chromium'))('the page in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: programPath('chromium') ?? 'chromium', args: ['--no-sandbox'] })
  })
  afterAll(() => browser?.close())

  const layouts = [
    ['a wide screen', 'screen', 1200],
    ['a tablet', 'screen', 800],
    ['a telephone', 'screen', 360],
    ['A4', 'print', 680],
  ] as const
  test.each(languages.flatMap((language) => layouts.map((one) => [language, ...one] as const)))(
    'in %s on %s fits, and its reasons can be read',
    async (language, _, media, width) => {
      const page = await browser.newPage({ viewport: { width, height: 900 } })
      await page.emulateMedia({ media })
      await page.setContent(renderReport({ ...sample, language }, 'html'))
      const widths = await page.evaluate<number[]>(
        `[document.documentElement.scrollWidth, ...[...document.querySelectorAll('.reasons li')].map((one) => one.clientWidth)]`,
      )
      await page.close()
      const [whole, ...reasons] = widths
      expect(whole).toBe(width)
      expect(reasons.length).toBeGreaterThan(0)
      expect(Math.min(...reasons)).toBeGreaterThan(narrowest)
    },
  )
})
