/** Whether a login route of a backend still lives: asked at the backend itself, and compared with a page that does not exist. */
import { randomBytes } from 'node:crypto'
import { type Backend, digest, type Io } from '@lockgate/model'
import type { ExactAnswer } from '../exact-ask.ts'
import { headerOf } from '../exact-ask.ts'
import { askBackend, type BackendAsk } from './backend-asks.ts'
import { concretePath } from './known-paths.ts'
import { askSignedIn } from './signed-in.ts'

/** Where applications usually sign people in. */
export const customaryLogins: readonly string[] = [
  '/login',
  '/signin',
  '/sign-in',
  '/log-in',
  '/auth/login',
  '/auth/signin',
  '/api/login',
  '/api/auth/login',
  '/api/auth/signin',
  '/api/v1/login',
  '/api/sessions',
  '/api/users/login',
  '/users/login',
  '/users/sign_in',
  '/account/login',
  '/accounts/login/',
  '/admin/login',
  '/session/new',
  '/j_spring_security_check',
  '/wp-login.php',
  '/oauth/token',
]

export type RouteSeen = {
  readonly method: string
  readonly path: string
  readonly status: number | null
  /** The same answer as a page of the same kind that cannot exist, its own path left out. */
  readonly likeNowhere: boolean
  readonly asksPassword: boolean
  readonly location: string | null
  readonly detail?: string
}

export interface RouteLook {
  /** Past the gateway, from the edge's host. */
  readonly direct: readonly RouteSeen[]
  /** Through the gateway, with the operator's session; empty where there is none. */
  readonly signedIn: readonly RouteSeen[]
}

const form: BackendAsk['headers'] = [
  ['Content-Type', 'application/x-www-form-urlencoded'],
  ['Accept', 'text/html,application/json'],
]
const wrong = 'username=lockgate-verify&email=lockgate-verify%40lockgate.invalid&password=lockgate-verify'

const passwordField = /<input\b[^>]*\btype\s*=\s*["']?password/i

/** Request ids, times and tokens differ from answer to answer. */
const withoutNumbers = (text: string) => text.replace(/[\w.:-]*\d[\w.:-]*/g, '#')

/** What a soft 404 repeats of the path does not make it another page. */
const shapeOf = (answer: Extract<ExactAnswer, { outcome: 'answered' }>, path: string) =>
  digest([
    answer.status,
    withoutNumbers(answer.body.toString('utf8').replaceAll(path, '').replaceAll(path.slice(1), '')),
  ])

type Ask = (ask: BackendAsk) => Promise<ExactAnswer | null>

const askOf = (method: string, path: string): BackendAsk =>
  method === 'GET'
    ? { target: path, headers: [['Accept', 'text/html']] }
    : { method, target: path, headers: form, body: wrong }

/** Asked a second time where they differ: a page of the moment, such as one beside a renewed session, does not make a login. */
async function askBoth(ask: Ask, method: string, path: string, nowhere: string, tries = 2) {
  const [answer, other] = [await ask(askOf(method, path)), await ask(askOf(method, nowhere))]
  const whole = answer?.outcome === 'answered' && other?.outcome === 'answered'
  const alike = whole && shapeOf(answer, path) === shapeOf(other, nowhere)
  if (alike || !whole || answer.status !== other.status || tries <= 1) return { answer, alike }
  return askBoth(ask, method, path, nowhere, tries - 1)
}

async function seen(ask: Ask, method: string, path: string, nowhere: string): Promise<RouteSeen | null> {
  const { answer, alike } = await askBoth(ask, method, path, nowhere)
  if (answer === null) return null
  const base = { method, path, status: null, likeNowhere: false, asksPassword: false, location: null }
  if (answer.outcome !== 'answered') return { ...base, detail: `${answer.outcome}: ${answer.detail}` }
  return {
    ...base,
    status: answer.status,
    likeNowhere: alike,
    asksPassword: passwordField.test(answer.body.toString('utf8')),
    location: headerOf(answer.headers, 'location')?.split(/[?#]/)[0] ?? null,
  }
}

const gone = (one: RouteSeen) => one.status === 404 || one.status === 410 || (one.likeNowhere && !one.asksPassword)

/** A form goes only to what the code names, or to what a GET shows to be there. */
async function lookAt(ask: Ask, path: string, method: string | null, nowhere: string): Promise<readonly RouteSeen[]> {
  const page = await seen(ask, 'GET', path, nowhere)
  if (page === null) return []
  const named = method !== null && method !== 'GET'
  if (!named && gone(page)) return [page]
  const sent = await seen(ask, named ? method : 'POST', path, nowhere)
  return sent === null ? [page] : [page, sent]
}

export interface LoginRoute {
  readonly method: string | null
  readonly path: string
}

export async function lookAtRoutes(backend: Backend, routes: readonly LoginRoute[], io: Io): Promise<RouteLook> {
  const nowhere = `/lockgate-verify-${randomBytes(6).toString('hex')}`
  const ways: Readonly<Record<keyof RouteLook, Ask>> = {
    direct: (ask) => askBackend(backend, ask, io),
    signedIn: (ask) => askSignedIn(backend, io, ask),
  }
  const all = async (ask: Ask) => {
    const looks: RouteSeen[] = []
    for (const { method, path } of routes) {
      const concrete = concretePath(path)
      if (concrete !== null) looks.push(...(await lookAt(ask, concrete, method, nowhere)))
    }
    return looks
  }
  return { direct: await all(ways.direct), signedIn: await all(ways.signedIn) }
}

/** Why a route still signs people in, or can't be told; null: it is gone. */
export function routeProblem(one: RouteSeen): { readonly alive?: string; readonly hidden?: string } | null {
  const what = `${one.method} ${one.path}`
  if (one.status === null) return { hidden: `${what} was not answered: ${one.detail}` }
  if (one.asksPassword) return { alive: `${what} answers ${one.status} with a field for a password` }
  if (one.status === 404 || one.status === 410) return null
  if (one.status === 401 || one.status === 403) {
    if (one.likeNowhere) return { hidden: `${what} answers ${one.status}, as every page does without an identity` }
    return { alive: `${what} answers ${one.status}; 404 or 410 was expected` }
  }
  if (one.likeNowhere) return null
  const to = one.location === null ? '' : ` to ${one.location}`
  return { alive: `${what} answers ${one.status}${to}; 404 or 410 was expected` }
}
