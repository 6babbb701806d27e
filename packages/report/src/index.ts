/** The readiness report. */
export { formats, type ReportFormat, renderReport } from './render-report.ts'
export type { CheckInfo, Language, LaterStage, Report, WaiverInfo } from './report.ts'
export { languages } from './report.ts'
export { type Summary, summarise } from './summary.ts'
