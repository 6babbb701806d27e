/** The report as one HTML page that needs nothing from elsewhere and runs nothing. */
import { createHash } from 'node:crypto'
import type { Report } from '../report.ts'
import { summarise } from '../summary.ts'
import { textsOf } from '../texts/texts-of.ts'
import { checksSection, findingsSection } from './checks.ts'
import { claimsSection } from './claims.ts'
import { type Html, html } from './escape.ts'
import { effectsSection, evidenceSection, limitsSection } from './evidence.ts'
import { exceptionsSection } from './exceptions.ts'
import { headline } from './headline.ts'
import { stagesSection } from './stages.ts'
import { style } from './style.ts'
import { systemsSection } from './systems.ts'
import type { View } from './view.ts'

const sections: readonly ((view: View) => Html)[] = [
  stagesSection,
  systemsSection,
  claimsSection,
  effectsSection,
  checksSection,
  findingsSection,
  exceptionsSection,
  evidenceSection,
  limitsSection,
]

/** The browser is told to load nothing and to take this one style sheet only, should an escape ever fail. */
const policy = `default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`

export function renderHtml(report: Report): string {
  const texts = textsOf(report.language)
  const view: View = { report, summary: summarise(report), texts }
  return html`<!doctype html>
<html lang="${report.language === 'zh-TW' ? 'zh-Hant-TW' : 'en'}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>${texts.title}: ${report.organisation}</title>
<style>${{ html: style }}</style></head>
<body>
${headline(view)}<main>
${sections.map((one) => one(view))}</main>
</body>
</html>
`.html
}
