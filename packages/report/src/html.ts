/** The report as one HTML page. */
import type { Report } from './report.ts'

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => escapes[char] as string)

export function renderHtml(report: Report): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(report.organisation)}</title></html>\n`
}
