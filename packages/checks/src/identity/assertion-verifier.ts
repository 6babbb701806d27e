/** Whether a backend verifies the assertion by itself: asked past the gateway, with none and with forged ones. */
import type { Backend, Io } from '@lockgate/model'
import { mapBounded } from '../bounded.ts'
import type { HeaderLine } from '../exact-ask.ts'
import { askBackend } from './backend-asks.ts'
import type { ForgedToken } from './forged-token.ts'
import { knownPaths } from './known-paths.ts'
import { asProgram } from './tries.ts'

export type VerifierFacts = {
  readonly path: string
  /** Without any assertion. */
  readonly bare: number | null
  readonly forged: readonly { readonly what: string; readonly status: number | null }[]
}

const mostPaths = 12

/** The first page that the backend refuses to nobody; without one the first at all, which it does not guard. */
async function guardedPath(backend: Backend, io: Io): Promise<{ path: string; bare: number | null }> {
  const paths = ['/', ...(await knownPaths(backend, io)).filter((one) => one !== '/' && one !== backend.health)]
  let first: { path: string; bare: number | null } | null = null
  for (const path of paths.slice(0, mostPaths)) {
    const answer = await askBackend(backend, { target: path, headers: asProgram }, io)
    const bare = answer.outcome === 'answered' ? answer.status : null
    if (bare === 401 || bare === 403) return { path, bare }
    if (first === null || (first.bare === 404 && bare !== 404)) first = { path, bare }
  }
  return first ?? { path: '/', bare: null }
}

/** null: the backend takes no assertion. */
export async function askVerifier(
  backend: Backend,
  tokens: readonly ForgedToken[],
  io: Io,
): Promise<VerifierFacts | null> {
  if (backend.identity !== 'assertion') return null
  const { path, bare } = await guardedPath(backend, io)
  const forged = await mapBounded(tokens, 4, async ({ what, token }) => {
    const headers: readonly HeaderLine[] = [...asProgram, ['Lockgate-Assertion', token]]
    const answer = await askBackend(backend, { target: path, headers }, io)
    return { what, status: answer.outcome === 'answered' ? answer.status : null }
  })
  return { path, bare, forged }
}
