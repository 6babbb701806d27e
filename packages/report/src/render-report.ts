/** The formats of the report, by name. */
import { renderHtml } from './html/page.ts'
import { renderJunit } from './junit.ts'
import { renderMarkdown } from './markdown.ts'
import type { Report } from './report.ts'
import { renderSarif } from './sarif.ts'

const renderers = {
  html: renderHtml,
  md: renderMarkdown,
  json: (report: Report) => `${JSON.stringify(report, null, 2)}\n`,
  sarif: renderSarif,
  junit: renderJunit,
} as const satisfies Record<string, (report: Report) => string>

/** A format by the name that `--format` has for it. */
export type ReportFormat = keyof typeof renderers
/** All of them, in the order in which help lists them. */
export const formats = Object.keys(renderers) as readonly ReportFormat[]

/** One self-contained text; HTML needs nothing from elsewhere. */
export const renderReport = (report: Report, format: ReportFormat): string => renderers[format](report)
