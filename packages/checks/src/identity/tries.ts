/** Requests that are tried as they are, and what a page and a program send along. */
import type { Backend, Endpoint, Io } from '@lockgate/model'
import { mapBounded } from '../bounded.ts'
import { askExactly, type ExactAsk, type HeaderLine } from '../exact-ask.ts'
import { isEnforced } from './enforced.ts'
import { type Treated, treated } from './treatment.ts'

export type Try = Pick<ExactAsk, 'method' | 'target' | 'headers'> & { readonly what: string; readonly body?: string }

export const asPage: readonly HeaderLine[] = [
  ['Accept', 'text/html,application/xhtml+xml'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['Sec-Fetch-Dest', 'document'],
  ['Sec-Fetch-Site', 'none'],
]
export const asProgram: readonly HeaderLine[] = [
  ['Accept', 'application/json'],
  ['X-Requested-With', 'XMLHttpRequest'],
]

/** Asks nothing where the stage is not enforced, which alone decides the verdict then. */
export async function tryAll(
  backend: Backend,
  endpoint: Endpoint,
  tries: readonly Try[],
  io: Io,
): Promise<readonly Treated[]> {
  if (!isEnforced(io)) return []
  return mapBounded(tries, 8, async ({ what, ...one }) => {
    const ask: ExactAsk = { endpoint, origin: backend.public, ca: io.publicCa, ...one }
    return treated(what, ask, await askExactly(ask, io))
  })
}
