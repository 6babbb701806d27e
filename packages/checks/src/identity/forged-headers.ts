/** Sends headers that only the enforcement point may set, without a session and with one, and looks whether anything believes them. */
import { randomBytes } from 'node:crypto'
import type { Backend, Check, Io } from '@lockgate/model'
import { mapBounded } from '../bounded.ts'
import { publicEndpoints } from '../edge-endpoints.ts'
import type { ExactAnswer, HeaderLine } from '../exact-ask.ts'
import { verdictOf } from '../verdict.ts'
import { isEnforced, type Part, partOf, unenforced } from './enforced.ts'
import { judgeDenied } from './judge-denied.ts'
import { authentication } from './mapping.ts'
import { signedIn } from './signed-in.ts'
import type { Treated } from './treatment.ts'
import { asPage, asProgram, type Try, tryAll } from './tries.ts'

export interface Forgery {
  readonly what: string
  readonly headers: readonly HeaderLine[]
}

export type SignedInForgery = {
  readonly what: string
  /** null: no answer. */
  readonly status: number | null
  /** The answer shows the forged value. */
  readonly shows: boolean
}

export type ForgedFacts = Part & {
  readonly vantage: string
  readonly url: string
  readonly anonymous: readonly Treated[]
  /** Why nothing could be asked as somebody who is signed in; null: it was. */
  readonly unsigned: string | null
  /** What the same page answers to who is signed in and forges nothing. */
  readonly plain: number | null
  readonly signedIn: readonly SignedInForgery[]
}

const statusOf = (answer: ExactAnswer) => (answer.outcome === 'answered' ? answer.status : null)

async function probeSignedIn(backend: Backend, path: string, forgeries: readonly Forgery[], value: string, io: Io) {
  if (!isEnforced(io)) return { unsigned: 'the stage is not enforced', plain: null, signedIn: [] }
  const signed = await signedIn(backend, io)
  if (signed.kind === 'not') return { unsigned: signed.because, plain: null, signedIn: [] }
  const { browser, site } = signed
  const plain = statusOf(await browser.ask(site, { target: path, headers: asProgram }))
  const asked = await mapBounded(forgeries, 4, async ({ what, headers }): Promise<SignedInForgery> => {
    const answer = await browser.ask(site, { target: path, headers: [...asProgram, ...headers] })
    return { what, status: statusOf(answer), shows: answer.outcome === 'answered' && answer.body.includes(value) }
  })
  return { unsigned: null, plain, signedIn: asked }
}

/** `forge` is given a value that nothing else holds. */
export function probeForged(forge: (value: string, backend: Backend) => readonly Forgery[]) {
  return async (backend: Backend, io: Io): Promise<ForgedFacts> => {
    const value = `lockgate-verify-${randomBytes(6).toString('hex')}`
    const path = backend.health ?? '/'
    const forgeries = forge(value, backend)
    const [endpoint] = publicEndpoints(io.edge.edge, backend.public)
    const tries: readonly Try[] = forgeries.map(({ what, headers }) => ({
      what,
      method: 'GET',
      target: path,
      headers: [...asPage, ...headers],
    }))
    const [anonymous, signed] = await Promise.all([
      endpoint ? tryAll(backend, endpoint, tries, io) : [],
      probeSignedIn(backend, path, forgeries, value, io),
    ])
    return { ...partOf(io), vantage: io.at.vantage.id, url: backend.public.origin, anonymous, ...signed }
  }
}

const believed = (facts: ForgedFacts) =>
  facts.signedIn.flatMap(({ what, status, shows }) => {
    if (shows) return [`the backend was given ${what} as the client sent it: its answer shows the value`]
    const differs = status !== null && facts.plain !== null && status !== facts.plain && status < 400
    return differs ? [`${what} changes the answer from ${facts.plain} to ${status}`] : []
  })

export function judgeForged(facts: ForgedFacts) {
  const off = unenforced(facts)
  if (off.length > 0) return verdictOf(off, [])
  const unanswered = facts.signedIn.filter((one) => one.status === null)
  const denied = judgeDenied(facts, facts.anonymous, believed(facts))
  if (denied.status !== 'pass') return denied
  return verdictOf(
    [],
    [
      ...(facts.unsigned === null ? [] : [`what a signed-in person can forge was not seen: ${facts.unsigned}`]),
      ...unanswered.map((one) => `signed in with ${one.what} there was no answer`),
    ],
  )
}

export const forgedCheck = (
  id: string,
  title: string,
  forge: (value: string, backend: Backend) => readonly Forgery[],
): Check<ForgedFacts> => ({
  id: `identity.${id}`,
  title,
  severity: 'blocker',
  per: 'vantage',
  maps: authentication,
  fix: `identity.md#${id}`,
  needs: ['consolidate.brokered'],
  probe: probeForged(forge),
  judge: judgeForged,
})
