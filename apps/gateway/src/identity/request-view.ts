/** What of a request decides how it is answered: whether a person's browser navigates, and in which language. */
import { isGrpcType } from '@lockgate/proxy-core'

export type Language = 'en' | 'zh-TW'

/** The first value of a header, in any case; names and values in turn. */
export function headerOf(headers: readonly string[], name: string): string | null {
  for (let i = 0; i < headers.length; i += 2) {
    const one = headers[i] as string
    if (one.length === name.length && one.toLowerCase() === name) return headers[i + 1] as string
  }
  return null
}

/** A page load by a person, to which a redirect makes sense. Programs get 401 instead. */
export function isNavigation(method: string, headers: readonly string[]): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (headerOf(headers, 'x-requested-with') !== null) return false
  const mode = headerOf(headers, 'sec-fetch-mode')
  if (mode !== null) return mode === 'navigate'
  return (headerOf(headers, 'accept') ?? '').toLowerCase().includes('text/html')
}

/** No browser sends it: a redirect or a page would be no answer. */
export const isGrpc = (headers: readonly string[]): boolean =>
  isGrpcType(headerOf(headers, 'content-type') ?? undefined)

/** A form that a person sends: its browser shows what comes back, and a redirect would lose what was written. */
export const isSentForm = (method: string, headers: readonly string[]): boolean =>
  method === 'POST' && headerOf(headers, 'sec-fetch-mode') === 'navigate' && wantsHtml(headers)

export const wantsHtml = (headers: readonly string[]): boolean =>
  headerOf(headers, 'x-requested-with') === null &&
  (headerOf(headers, 'accept') ?? '').toLowerCase().includes('text/html')

interface Range {
  readonly tag: string
  readonly quality: number
}

function rangeOf(text: string): Range {
  const [tag = '', ...parameters] = text.trim().toLowerCase().split(';')
  const quality = parameters.map((one) => /^\s*q=([\d.]+)\s*$/.exec(one)?.[1]).find((one) => one !== undefined)
  return { tag: tag.trim(), quality: quality === undefined ? 1 : Number(quality) }
}

const languageOf = (tag: string): Language | null => {
  if (/^en\b/.test(tag)) return 'en'
  return /^zh\b/.test(tag) ? 'zh-TW' : null
}

/** RFC 9110 §12.5.4; Traditional Chinese for every kind of Chinese, as that is what there is. */
export function chooseLanguage(accept: string | null, standard: Language): Language {
  const ranges = (accept ?? '').split(',').map(rangeOf)
  const wanted = ranges.filter(({ quality }) => quality > 0).toSorted((a, b) => b.quality - a.quality)
  return wanted.map(({ tag }) => languageOf(tag)).find((one) => one !== null) ?? standard
}

/** Sent by our own page: browsers tell the origin of every POST (Fetch §3.1), scripts of others cannot forge it. */
export function isSameOrigin(headers: readonly string[], origin: string): boolean {
  const from = headerOf(headers, 'origin')
  if (from !== null && from !== 'null') return from === origin
  return headerOf(headers, 'sec-fetch-site') === 'same-origin'
}

/** A name for a browser on the person's own page, such as `Firefox, Windows`. */
export function deviceName(agent: string | null): string | null {
  if (agent === null) return null
  const browser = /Edg|OPR|Firefox|Chrome|Safari|curl|Lockgate/.exec(agent)?.[0]
  const system = /Windows|Android|iPhone|iPad|Mac OS X|Linux/.exec(agent)?.[0]
  const names: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' }
  const parts = [browser, system].filter((one) => one !== undefined).map((one) => names[one] ?? one)
  return parts.length === 0 ? null : parts.join(', ')
}
