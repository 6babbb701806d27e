/** Asks the backend itself, from its edge's host, as nobody and past the gateway. */
import type { Backend, Endpoint, Io } from '@lockgate/model'
import { askExactly, type ExactAnswer, edgePlace, type HeaderLine } from '../exact-ask.ts'

export interface BackendAsk {
  readonly method?: string
  readonly target: string
  readonly headers?: readonly HeaderLine[]
  readonly body?: string
}

export const upstreamOf = ({ upstream }: Backend): Endpoint => ({ host: upstream.host, port: upstream.port })

/** The gateway would name the public host and scheme; the certificate is the business of stage encrypt. */
export function askBackend(backend: Backend, ask: BackendAsk, io: Io): Promise<ExactAnswer> {
  const { public: shown, upstream } = backend
  const forwarded: readonly HeaderLine[] = [
    ['X-Forwarded-Proto', shown.scheme],
    ['X-Forwarded-Host', shown.origin.slice(shown.scheme.length + 3)],
  ]
  const origin = { ...shown, scheme: upstream.scheme }
  const { method = 'GET', target, headers = [], body } = ask
  return askExactly(
    {
      endpoint: upstreamOf(backend),
      origin,
      ca: undefined,
      method,
      target,
      headers: [['Host', forwarded[1]?.[1] ?? shown.host], ...forwarded, ...headers],
      ...(body === undefined ? {} : { body }),
    },
    io,
    edgePlace(io),
  )
}
