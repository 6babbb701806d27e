/** Joins what the backend's code still has of a login of its own with what answers live. */
import type { Backend, Check, Io } from '@lockgate/model'
import { look } from '../interrupt.ts'
import { skip, verdictOf } from '../verdict.ts'
import { lookAtRoutes } from './login-route.ts'
import { identityStores } from './mapping.ts'

export type CodeFinding = {
  readonly at: string
  readonly kind: string
  readonly framework: string
  readonly certainty: 'sure' | 'likely'
  /** Of a login route: `POST /login`; null where the code does not say it literally. */
  readonly route: string | null
  /** What answers there now; null where it was not asked. */
  readonly live: string | null
}

export type CodeJoinedFacts = {
  /** null: no source is declared. */
  readonly source: string | null
  readonly files: number
  readonly findings: readonly CodeFinding[]
  readonly failed: readonly string[]
  readonly unread: string | null
}

/** A listener is the business of consolidate.bind-address; stored accounts are that of identity.local-accounts. */
const joined: readonly string[] = ['login-route', 'session', 'jwt-verify', 'strategy', 'basic-auth']

async function probe(backend: Backend, io: Io): Promise<CodeJoinedFacts> {
  const none = { source: backend.source, files: 0, findings: [], failed: [], unread: null }
  if (backend.source === null) return none
  const read = await look(io, () => io.code())
  if ('unseen' in read) return { ...none, unread: read.unseen }
  if (read.seen === null) return none
  const { findings, files, failed } = read.seen
  const routes = findings.flatMap(({ kind, method, path }) =>
    kind === 'login-route' && path !== null ? [{ method, path }] : [],
  )
  const { direct } = await lookAtRoutes(backend, routes, io)
  return {
    ...none,
    files,
    failed,
    findings: findings
      .filter((one) => joined.includes(one.kind))
      .map(({ file, line, kind, framework, certainty, method, path }) => {
        const answers = direct.filter((one) => one.path === path).map((one) => `${one.method} ${one.status}`)
        return {
          at: `${file}:${line}`,
          kind,
          framework,
          certainty,
          route: path === null ? null : `${method ?? 'any'} ${path}`,
          live: answers.length > 0 ? answers.join(', ') : null,
        }
      }),
  }
}

function sentence(one: CodeFinding): string {
  const route = one.route === null ? '' : ` ${one.route}`
  const live = one.live === null ? '' : `, which answers ${one.live}`
  return `${one.at}: ${one.kind} (${one.framework}, ${one.certainty})${route}${live}`
}

export const codeJoined: Check<CodeJoinedFacts> = {
  id: 'identity.code-joined',
  title: "The backend's code signs nobody in by itself",
  severity: 'blocker',
  per: 'backend',
  maps: identityStores,
  fix: 'identity.md#code-joined',
  skips: ['no-source-declared'],
  probe,
  judge({ source, files, findings, failed, unread }) {
    if (source === null) return skip('no-source-declared', 'name its code in `source`, so that logins in it are found')
    // Somebody has to answer for code that nothing judged, which a waiver is for.
    const unjudged = failed.map((one) => `it could not be judged: ${one}`)
    return verdictOf(
      [...findings.map(sentence), ...unjudged],
      [
        ...(unread === null ? [] : [`${source} could not be read: ${unread}`]),
        ...(unread === null && files === 0 ? [`${source} has no file of a language that is known`] : []),
      ],
    )
  },
}
