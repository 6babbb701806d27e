/** Reads a few pages as a user gets them: do they, their redirects or their scripts name the backend's own address? */
import type { Backend, Check, Endpoint, Io } from '@lockgate/model'
import { uniqueAddresses } from '../address.ts'
import { askFromVantage, publicAsk } from '../ask.ts'
import { backendAddresses } from '../backend-addresses.ts'
import { decodedText } from '../decoded-body.ts'
import { publicEndpoints } from '../edge-endpoints.ts'
import { accessible } from '../mapping.ts'
import { cookieDomain, mentionsIn, type Needles } from '../mentions.ts'
import { pageLinks } from '../page-links.ts'
import { verdictOf } from '../verdict.ts'

type Page = {
  readonly path: string
  readonly outcome: string
  readonly status: number | null
  /** Where it names the backend: a header, or the body. */
  readonly mentions: readonly { readonly where: string; readonly what: string }[]
  readonly unread: string | null
}

export type AbsoluteLinksFacts = {
  readonly vantage: string
  readonly url: string
  readonly pages: readonly Page[]
}

/** Beside what pages link to: where single-page applications usually keep what they are told at start. */
const usualConfigurations = [
  '/config.json',
  '/config.js',
  '/env.js',
  '/env-config.js',
  '/runtime-config.json',
  '/assets/config.json',
]
const mostPages = 10
const textual = /^(?:text\/|application\/(?:[\w.+-]*(?:json|javascript|ecmascript|xml)))/i

interface Read {
  readonly page: Page
  readonly links: readonly string[]
}

const values = (value: string | string[] | undefined) =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

function headerMentions(headers: Readonly<Record<string, string | string[] | undefined>>, needles: Needles) {
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
  return cut && text !== '' ? 'it did not end within 4 s and 4 MiB' : null
}

async function readPage(backend: Backend, endpoint: Endpoint, path: string, needles: Needles, io: Io): Promise<Read> {
  const answer = await askFromVantage(publicAsk(backend.public, endpoint, path), io)
  if (answer.outcome !== 'answered')
    return { page: { path, outcome: answer.outcome, status: null, mentions: [], unread: answer.detail }, links: [] }
  const { status, headers, body, cut } = answer
  const type = values(headers['content-type'])[0] ?? 'text/plain'
  const coding = values(headers['content-encoding'])[0]
  const text = textual.test(type) ? decodedText(body, coding) : ''
  const inBody = mentionsIn(text ?? '', needles).map((what) => ({ where: 'body', what }))
  const base = `${backend.public.origin}${path}`
  const redirect =
    status >= 300 && status < 400
      ? values(headers.location)
          .map((one) => `href="${one}"`)
          .join(' ')
      : ''
  return {
    page: {
      path,
      outcome: 'answered',
      status,
      mentions: [...headerMentions(headers, needles), ...inBody],
      unread: whyUnread(text, coding, cut),
    },
    links: pageLinks(`${redirect} ${text ?? ''}`, base),
  }
}

/** Breadth first over what is linked, each path once. */
async function crawl(backend: Backend, endpoint: Endpoint, needles: Needles, io: Io): Promise<readonly Page[]> {
  const read = (path: string) => readPage(backend, endpoint, path, needles, io)
  const start = [...new Set([...(backend.health === null ? [] : [backend.health]), '/'])]
  const [entry, usual] = await Promise.all([Promise.all(start.map(read)), Promise.all(usualConfigurations.map(read))])
  const seen = new Set([...start, ...usualConfigurations])
  const pages = [...entry]
  let next = [...entry, ...usual].flatMap((one) => one.links)
  for (let budget = mostPages; budget > 0 && next.length > 0; ) {
    const paths = [...new Set(next)].filter((path) => !seen.has(path)).slice(0, budget)
    for (const path of paths) seen.add(path)
    const reads = await Promise.all(paths.map(read))
    pages.push(...reads)
    budget -= paths.length
    next = reads.flatMap((one) => one.links)
    if (paths.length === 0) break
  }
  const telling = usual.filter((one) => one.page.status !== null && one.page.status < 400)
  return [...pages, ...telling].map((one) => one.page)
}

async function probe(backend: Backend, io: Io): Promise<AbsoluteLinksFacts> {
  const { addresses } = await backendAddresses(backend, io)
  const needles: Needles = {
    hosts: uniqueAddresses([backend.upstream.host, ...addresses.map((one) => one.address)]),
    publicHost: backend.public.host,
    publicPort: backend.public.port,
    upstreamPort: backend.upstream.port,
  }
  const [endpoint] = publicEndpoints(io.edge.edge, backend.public)
  const pages = endpoint ? await crawl(backend, endpoint, needles, io) : []
  return { vantage: io.at.vantage.id, url: backend.public.origin, pages }
}

export const absoluteLinks: Check<AbsoluteLinksFacts> = {
  id: 'consolidate.absolute-links',
  title: "Answers name the public URL only, never the backend's own address",
  severity: 'blocker',
  per: 'vantage',
  maps: accessible,
  fix: 'consolidate.md#absolute-links',
  needs: ['consolidate.brokered'],
  probe,
  judge({ pages, url, vantage }) {
    const unread = pages.filter((one) => one.unread !== null)
    return verdictOf(
      pages.flatMap((one) =>
        one.mentions.map(
          (each) =>
            `${url}${one.path} names ${each.what} (${each.where === 'body' ? 'in its body' : `in ${each.where}`})`,
        ),
      ),
      [
        ...unread.map((one) => `${url}${one.path} could not be read from ${vantage}: ${one.unread}`),
        ...(pages.length === 0 ? [`no page of ${url} could be read from ${vantage}`] : []),
      ],
    )
  },
}
