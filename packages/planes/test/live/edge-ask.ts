/** How the cases ask an edge over raw connections, and read what its backend saw. */
import type { Feature } from '@lockgate/model'
import { collapsedHeader } from '@lockgate/model'
import { expect } from 'vitest'
import type { Echo } from './echo-backend.ts'
import type { LiveEdge } from './live-edge.ts'
import { type Answer, rawRequest, requestText } from './raw-request.ts'

export interface EdgeCase {
  readonly title: string
  readonly feature: Feature
  run(edge: LiveEdge): Promise<void>
}

export const plainHost = (edge: LiveEdge): string => `plain.acme.test:${edge.http}`

export const ask = (edge: LiveEdge, target: string, headers: readonly string[] = [], method = 'GET', body = '') =>
  rawRequest({ port: edge.http }, requestText(method, target, plainHost(edge), headers, body))

export const askSafe = (edge: LiveEdge, serverName: string | undefined, host: string, target = '/') =>
  rawRequest({ port: edge.https, serverName, tls: true }, requestText('GET', target, host))

export const echoed = (answer: Answer): Echo => {
  expect(answer.status, answer.raw).toBe(200)
  return JSON.parse(answer.body) as Echo
}

export const headersOf = ({ rawHeaders }: Echo): readonly (readonly [string, string])[] =>
  rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] as string] as const] : [],
  )

export const valuesOf = (echo: Echo, name: string): readonly string[] =>
  headersOf(echo).flatMap(([key, value]) => (collapsedHeader(key) === name ? [value] : []))

export const isExpected = async (edge: LiveEdge, target: string, status: number, host = plainHost(edge)) => {
  const before = edge.backend.seen.length
  const answer = await rawRequest({ port: edge.http }, requestText('GET', target, host))
  expect(answer.status, `${target}\n${answer.raw}`).toBe(status)
  expect(edge.backend.seen.slice(before), target).toEqual(status === 200 ? [target] : [])
}
