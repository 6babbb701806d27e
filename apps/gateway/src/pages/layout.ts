/** The frame of every page, and the headers that keep it from being framed, cached, or made to run anything. */
import type { Answer } from '@lockgate/proxy-core'
import type { Language } from '../identity/request-view.ts'
import { type Html, html } from './html.ts'
import { style, styleHash } from './style.ts'
import { texts } from './texts.ts'

export interface Frame {
  readonly language: Language
  /** Shown above each page. */
  readonly organisation: string
}

export interface PageContent {
  readonly status: number
  readonly title: string
  readonly body: Html
  /** Names and values in turn. */
  readonly headers?: readonly string[]
}

/** Referrer: addresses of ours carry sealed parameters and one-time codes. */
const pageHeaders = [
  'Content-Type',
  'text/html; charset=utf-8',
  'Cache-Control',
  'no-store',
  'Content-Security-Policy',
  [
    "default-src 'none'",
    `style-src ${styleHash}`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'Referrer-Policy',
  'no-referrer',
  'X-Content-Type-Options',
  'nosniff',
  'Cross-Origin-Opener-Policy',
  'same-origin',
  'X-Frame-Options',
  'DENY',
] as const

export function renderPage({ language, organisation }: Frame, content: PageContent): Answer {
  const { lang, footer } = texts[language]
  const page = html`<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${content.title} · ${organisation}</title>
<style>${{ html: style }}</style>
</head>
<body>
<header>${organisation}</header>
<main>
<h1>${content.title}</h1>
${content.body}
</main>
<footer>${footer}</footer>
</body>
</html>
`
  return {
    status: content.status,
    headers: [...pageHeaders, 'Vary', 'Accept-Language', ...(content.headers ?? [])],
    body: page.html,
  }
}
