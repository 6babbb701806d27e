/** Asks the login routes that the code has, and the customary ones, whether they still answer. */
import type { Backend, Check, Io } from '@lockgate/model'
import { look } from '../interrupt.ts'
import { verdictOf } from '../verdict.ts'
import { customaryLogins, type LoginRoute, lookAtRoutes, type RouteSeen, routeProblem } from './login-route.ts'
import { identityStores } from './mapping.ts'
import { signedIn, signInAgain } from './signed-in.ts'

export type LoginLiveFacts = {
  readonly fromCode: readonly LoginRouteFact[]
  /** Why the code could not be read; null: it was, or none is declared. */
  readonly unread: string | null
  readonly direct: readonly RouteSeen[]
  readonly signedIn: readonly RouteSeen[]
  /** Why nothing could be asked with a session; null: it was. */
  readonly unsigned: string | null
}

type LoginRouteFact = { readonly method: string | null; readonly path: string; readonly at: string }

async function probe(backend: Backend, io: Io): Promise<LoginLiveFacts> {
  const read = await look(io, () => io.code())
  const findings = 'seen' in read ? (read.seen?.findings ?? []) : []
  const fromCode = findings.flatMap(({ kind, method, path, file, line }) =>
    kind === 'login-route' && path !== null ? [{ method, path, at: `${file}:${line}` }] : [],
  )
  const known = new Set(fromCode.map((one) => one.path))
  const routes: readonly LoginRoute[] = [
    ...fromCode,
    ...customaryLogins.filter((path) => !known.has(path)).map((path) => ({ method: null, path })),
  ]
  const signed = await signedIn(backend, io)
  return {
    fromCode,
    unread: 'unseen' in read ? read.unseen : null,
    ...(await lookAtRoutes(backend, routes, io)),
    unsigned: signed.kind === 'not' ? signed.because : null,
  }
}

export const loginLive: Check<LoginLiveFacts> = {
  id: 'identity.login-live',
  title: 'No login route of the backend answers any more',
  severity: 'blocker',
  per: 'backend',
  maps: identityStores,
  fix: 'identity.md#login-live',
  needs: ['consolidate.brokered'],
  probe,
  judge(facts) {
    const problems = [...facts.direct, ...facts.signedIn].map(routeProblem)
    const behind = facts.direct.filter((one) => routeProblem(one)?.hidden !== undefined)
    // What hides from nobody's requests is looked at with a session; both hidden is not seen.
    const unseen = behind.filter((one) => {
      const same = facts.signedIn.find((each) => each.path === one.path && each.method === one.method)
      return same === undefined || routeProblem(same)?.hidden !== undefined
    })
    const first = unseen[0]
    return verdictOf(
      problems.flatMap((one) => one?.alive ?? []),
      [
        ...(facts.unread === null ? [] : [`its code could not be read: ${facts.unread}`]),
        ...(first
          ? [
              `${unseen.length} routes could not be seen, such as ${first.method} ${first.path} (${routeProblem(first)?.hidden}); ${facts.unsigned ?? signInAgain}`,
            ]
          : []),
      ],
    )
  },
}
