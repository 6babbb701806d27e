/** What a conformance case is: bytes in, what must come back, and what the backend may have seen of it. */
import type { Feature } from '@lockgate/model'
import type { Bench } from './bench.ts'

/** Public names of the suite's backends; `app` refuses every ambiguous path, the others each show one setting. */
export const publicNames = {
  app: 'app.test',
  kept: 'kept.test',
  resolved: 'resolved.test',
  small: 'small.test',
  dead: 'dead.test',
  secure: 'secure.test',
  other: 'other.test',
} as const
export type BackendName = keyof typeof publicNames

export type Listener = 'http' | 'http6' | 'https' | 'https6'

export interface Expectation {
  /**
   * A status, several that are all right, or `refused`: any 4xx or 5xx, or a connection that ends without an answer.
   * `any`: only what the backend saw counts.
   */
  readonly status: number | readonly number[] | 'refused' | 'any'
  /** Values of a header of the answer, in order. */
  readonly fields?: Readonly<Record<string, readonly string[]>>
  readonly body?: string | RegExp
  readonly trailers?: Readonly<Record<string, string>>
}

export interface BackendSaw {
  /** A plane may refuse such a request instead: then the backend saw nothing. */
  readonly orRefused?: true
  readonly target?: string
  readonly method?: string
  /** Values by name as a framework sees it: `_` and `.` count as `-`, case does not matter. */
  readonly fields?: Readonly<Record<string, readonly string[] | RegExp>>
  readonly body?: string
  readonly trailers?: 'none'
  /** Text that stands nowhere in the head or in the trailers. */
  readonly nowhere?: string
}

/** `nothing`: not a byte of a request. `no-hidden`: at most the one outer request, and none for `/hidden`. */
export type Saw = 'nothing' | 'no-hidden' | BackendSaw

export interface ExchangeCase {
  readonly name: string
  readonly features: readonly Feature[]
  readonly to?: BackendName
  readonly listener?: Listener
  /** TLS name; absent: the backend's public name. null: none. */
  readonly sni?: string | null
  /** latin1 bytes; `{authority}` is the public host and port, `{port}` the port asked. */
  readonly send: string
  /** Of the request, because an answer to HEAD has no body. */
  readonly method?: string
  readonly answer: Expectation
  readonly saw: Saw
}

export interface ScenarioCase {
  readonly name: string
  readonly features: readonly Feature[]
  /** Throws where the plane does not behave. */
  run(bench: Bench): Promise<void>
}

export type Case = ExchangeCase | ScenarioCase

interface RequestParts {
  readonly method?: string
  readonly target?: string
  readonly host?: string | null
  readonly fields?: readonly string[]
  readonly body?: string
}

/** A well-formed request around the one part that a case is about. */
export function request({
  method = 'GET',
  target = '/',
  host = '{authority}',
  fields = [],
  body,
}: RequestParts): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(host === null ? [] : [`Host: ${host}`]),
    ...fields,
    ...(body === undefined ? [] : [`Content-Length: ${body.length}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}
