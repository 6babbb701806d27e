/** The formats of the report, by name. */
import { renderHtml } from './html/page.ts'
import type { Report } from './report.ts'

const renderers = {
  html: renderHtml,
  json: (report: Report) => `${JSON.stringify(report, null, 2)}\n`,
} as const satisfies Record<string, (report: Report) => string>

export type ReportFormat = keyof typeof renderers
export const formats = Object.keys(renderers) as readonly ReportFormat[]

/** One self-contained text; HTML needs nothing from elsewhere. */
export const renderReport = (report: Report, format: ReportFormat): string => renderers[format](report)
