/** The readiness report. */
export { formats, type ReportFormat, renderReport } from './render-report.ts'
export type { CheckInfo, Report, WaiverInfo } from './report.ts'
