/** What an answer says about where the backend really is, and which pages it leads to. Pure. */
import type { Answer } from './ask.ts'
import { decodedText } from './decoded-body.ts'
import { cookieDomain, mentionsIn, type Needles } from './mentions.ts'
import { pageLinks } from './page-links.ts'

export type Page = {
  readonly path: string
  readonly outcome: string
  readonly status: number | null
  /** Where it names the backend: a header, or the body. */
  readonly mentions: readonly { readonly where: string; readonly what: string }[]
  readonly unread: string | null
}

export interface ReadPage {
  readonly page: Page
  readonly links: readonly string[]
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

const textual = /^(?:text\/|application\/(?:[\w.+-]*(?:json|javascript|ecmascript|xml)))/i

const values = (value: string | string[] | undefined) =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

function headerMentions(headers: Headers, needles: Needles): Page['mentions'] {
  return Object.entries(headers).flatMap(([name, value]) =>
    values(value).flatMap((one) => {
      const domain = name === 'set-cookie' ? cookieDomain(one, needles) : null
      const found = [...mentionsIn(one, needles), ...(domain === null ? [] : [`Domain=${domain}`])]
      return found.map((what) => ({ where: name, what }))
    }),
  )
}

function whyUnread(text: string | null, coding: string | undefined, cut: boolean): string | null {
  if (text === null) return `its content coding ${coding} could not be unpacked`
  return cut && text !== '' ? 'it did not end within 8 s and 4 MiB' : null
}

export function readPage(origin: string, path: string, answer: Answer, needles: Needles): ReadPage {
  if (answer.outcome !== 'answered')
    return { page: { path, outcome: answer.outcome, status: null, mentions: [], unread: answer.detail }, links: [] }
  const { status, headers, body, cut } = answer
  const coding = values(headers['content-encoding'])[0]
  const text = textual.test(values(headers['content-type'])[0] ?? 'text/plain') ? decodedText(body, coding) : ''
  const inBody = mentionsIn(text ?? '', needles).map((what) => ({ where: 'body', what }))
  const redirects = status >= 300 && status < 400 ? values(headers.location) : []
  const mentions = [...headerMentions(headers, needles), ...inBody]
  return {
    page: { path, outcome: 'answered', status, mentions, unread: whyUnread(text, coding, cut) },
    links: pageLinks(`${redirects.map((one) => `href="${one}"`).join(' ')} ${text ?? ''}`, `${origin}${path}`),
  }
}
