/** Reads a few pages as a user gets them: do they, their redirects or their scripts name the backend's own address? */
import type { Backend, Check, Endpoint, Io } from '@lockgate/model'
import { uniqueAddresses } from '../address.ts'
import type { Answer } from '../ask.ts'
import { backendAddresses } from '../backend-addresses.ts'
import { publicEndpoints } from '../edge-endpoints.ts'
import { signInAgain } from '../identity/signed-in.ts'
import { accessible } from '../mapping.ts'
import type { Needles } from '../mentions.ts'
import { type Page, type ReadPage, readPage } from '../page.ts'
import { askUserPages, type SeenAs } from '../user-pages.ts'
import { verdictOf } from '../verdict.ts'

export type AbsoluteLinksFacts = {
  readonly vantage: string
  readonly url: string
  /** Who the pages were shown to. */
  readonly seenAs: SeenAs | null
  readonly pages: readonly Page[]
}

/** Beside what pages link to: where single-page applications usually keep what they are told at start. */
const usualConfigurations: readonly string[] = [
  '/config.json',
  '/config.js',
  '/env.js',
  '/env-config.js',
  '/runtime-config.json',
  '/assets/config.json',
]
const mostPages = 10

async function readAll(backend: Backend, endpoint: Endpoint, paths: readonly string[], needles: Needles, io: Io) {
  const { answers, seenAs } = await askUserPages(backend, endpoint, paths, io)
  return paths.map((path, index) => ({
    ...readPage(backend.public.origin, path, answers[index] as Answer, needles),
    seenAs,
  }))
}

const linksOf = (reads: readonly ReadPage[]) => [...new Set(reads.flatMap((one) => one.links))]

/** Breadth first over what is linked, each path once. */
async function crawl(backend: Backend, endpoint: Endpoint, needles: Needles, io: Io) {
  const entry = [...new Set([...(backend.health === null ? [] : [backend.health]), '/'])]
  const first = await readAll(backend, endpoint, [...entry, ...usualConfigurations], needles, io)
  const seen = new Set([...entry, ...usualConfigurations])
  const there = first.filter(({ page }, index) => index < entry.length || (page.status !== null && page.status < 400))
  const linked: Awaited<ReturnType<typeof readAll>>[number][] = []
  let next = linksOf(there)
  while (linked.length < mostPages) {
    const paths = next.filter((path) => !seen.has(path)).slice(0, mostPages - linked.length)
    if (paths.length === 0) break
    for (const path of paths) seen.add(path)
    const reads = await readAll(backend, endpoint, paths, needles, io)
    linked.push(...reads)
    next = linksOf(reads)
  }
  const all = [...there, ...linked]
  return { pages: all.map((one) => one.page), seenAs: all[0]?.seenAs ?? null }
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
  const seen = endpoint ? await crawl(backend, endpoint, needles, io) : { pages: [], seenAs: null }
  return { vantage: io.at.vantage.id, url: backend.public.origin, ...seen }
}

const mentionsOf = (page: Page, url: string) =>
  page.mentions.map(
    ({ where, what }) => `${url}${page.path} names ${what} (${where === 'body' ? 'in its body' : `in ${where}`})`,
  )

export const absoluteLinks: Check<AbsoluteLinksFacts> = {
  id: 'consolidate.absolute-links',
  title: "Answers name the public URL only, never the backend's own address",
  severity: 'blocker',
  per: 'vantage',
  maps: accessible,
  fix: 'consolidate.md#absolute-links',
  needs: ['consolidate.brokered'],
  probe,
  judge({ pages, url, vantage, seenAs }) {
    const unread = pages.filter((one) => one.unread !== null)
    return verdictOf(
      pages.flatMap((one) => mentionsOf(one, url)),
      [
        ...unread.map((one) => `${url}${one.path} could not be read from ${vantage}: ${one.unread}`),
        ...(seenAs === 'edge' && pages.every((one) => one.status === 401 || one.status === 403)
          ? [`the backend shows its pages only to who is signed in: ${signInAgain}`]
          : []),
        ...(pages.length === 0 ? [`no page of ${url} could be read from ${vantage}`] : []),
      ],
    )
  },
}
