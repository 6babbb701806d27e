/** What may end, how, and within which time that must be so everywhere. */
import { openTokens } from '@lockgate/gateway'
import type { PlaneId } from '@lockgate/model'
import { decodeJwt } from 'jose'
import { type IdentityBench, people, type SiteName } from '../../identity/identity-bench.ts'
import { type Browser, signIn } from '../../lab/idp/index.ts'
import type { Holding, Passes } from './caller.ts'

/** What one person or program holds at each backend, and how it ends. */
export interface Subject {
  readonly at: Readonly<Record<Watched, Holding>>
  end(): Promise<unknown>
}

export interface Effect {
  readonly name: string
  /** Milliseconds within which it must be so. */
  goal(plane: PlaneId): number
  /** `told`: the identity provider or a person tells us. */
  readonly when: 'told' | 'renewed'
  readonly passes: Passes
  /** One of those that end in the same round. */
  subject(bench: IdentityBench, browser: Browser): Promise<Subject>
  /** Ends all of them at once, where they are one person's. */
  readonly endAll?: (bench: IdentityBench) => Promise<unknown>
  /** Afterwards, so that the next ones can sign in. */
  readonly mend?: (bench: IdentityBench) => Promise<unknown>
}

/** Backends that learn who asks in different ways: by assertion, and by plain headers, for which a pass is enough. */
export const watched = ['app', 'plain'] as const satisfies readonly SiteName[]
export type Watched = (typeof watched)[number]

export const passSeconds = 5
const group = 'sales'
const person = people.ben

const told = (plane: PlaneId): number => (plane === 'builtin' ? 1_000 : 2_500)
const renewed = (): number => passSeconds * 1_000

const answered: Passes = (_bench, _target, status) => status === 200

const groupsTold = (fields: readonly (readonly [string, string])[]): readonly string[] => {
  const value = (name: string) => fields.find(([one]) => one.toLowerCase() === name)?.[1]
  const assertion = value('lockgate-assertion')
  if (assertion !== undefined) return (decodeJwt(assertion).groups as readonly string[] | undefined) ?? []
  return (value('lockgate-groups') ?? '').split(',').map(decodeURIComponent)
}

/** Keycloak writes a slash before a group. */
const toldOfGroup: Passes = (bench, target, status) => {
  const seen = bench.backend.seen().findLast((one) => one.target === target)
  if (status !== 200 || !seen) throw new Error(`${bench.plane} answered ${status} to a person who is signed in`)
  return groupsTold(seen.fields).some((one) => one === group || one === `/${group}`)
}

async function session(bench: IdentityBench, browser: Browser): Promise<Subject['at']> {
  for (const site of [...watched, 'login'] as const)
    for (const { host, name } of browser.jar.all().filter((one) => one.host === `${site}.test`))
      browser.jar.delete(host, name)
  const held = async (site: Watched): Promise<Holding> => {
    const page = await signIn(browser, `${bench.origin(site)}/.lockgate/handoff?to=/`, person)
    if (page.status !== 200) throw new Error(`${site}: ${page.status} ${page.body.slice(0, 500)}`)
    const own = browser.jar.all().filter((one) => one.host === `${site}.test`)
    return { cookies: Object.fromEntries(own.map((one) => [one.name, one.value])), authorization: null }
  }
  return { app: await held('app'), plain: await held('plain') }
}

const bySession =
  (end: (bench: IdentityBench, browser: Browser) => Promise<unknown>): Effect['subject'] =>
  async (bench, browser) => ({ at: await session(bench, browser), end: () => end(bench, browser) })

const byToken: Effect['subject'] = async (bench) => {
  const { tokens, close } = await openTokens({ folder: `${bench.home}/lockgate`, edge: 'bench', env: process.env })
  const expiresAt = Date.now() + 3_600_000
  const issued = await tokens.issue({ name: 'effect', owner: 'ben', kind: 'service', scopes: ['*'], expiresAt })
  const holding = { cookies: {}, authorization: `Bearer ${issued.token}` }
  return { at: { app: holding, plain: holding }, end: () => tokens.revoke(issued.record.id).finally(close) }
}

const nothing = async () => undefined

export const effects: readonly Effect[] = [
  {
    name: 'logout',
    goal: told,
    when: 'told',
    passes: answered,
    subject: bySession((bench, browser) => browser.ask(`${bench.origin('app')}/.lockgate/logout`, { form: {} })),
  },
  {
    name: 'back-channel logout',
    goal: told,
    when: 'told',
    passes: answered,
    subject: bySession(nothing),
    endAll: (bench) => bench.idp.endSessions(person.login),
  },
  { name: 'Lockgate token revoked', goal: told, when: 'told', passes: answered, subject: byToken },
  {
    name: 'account disabled',
    goal: renewed,
    when: 'renewed',
    passes: answered,
    subject: bySession(nothing),
    endAll: (bench) => bench.idp.disable(person.login),
    mend: (bench) => bench.idp.enable(person.login),
  },
  {
    name: 'group removed',
    goal: renewed,
    when: 'renewed',
    passes: toldOfGroup,
    subject: bySession(nothing),
    endAll: (bench) => bench.idp.removeFromGroup(person.login, group),
    mend: (bench) => bench.idp.addToGroup(person.login, group),
  },
]
