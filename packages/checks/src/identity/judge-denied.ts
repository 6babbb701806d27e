/** Judges requests of which none may reach the backend. Pure. */
import { type Origin, parseOrigin, type Verdict } from '@lockgate/model'
import { verdictOf } from '../verdict.ts'
import { said, type Treated, treatmentOf } from './treatment.ts'

export interface Denials {
  readonly vantage: string
  readonly url: string
  readonly login: string | null
}

const isIpv6Target = (target: string) => target.startsWith('[')

/** What else a page must be: sent to the login; a program: told so in its own terms. */
const formProblem: Readonly<Record<string, (one: Treated) => string | null>> = {
  'a page': (one) =>
    one.status === 401 ? `${one.request} as a page answers 401, where a redirect to the login was expected` : null,
  'a program': (one) => {
    if (one.location !== undefined)
      return `${one.request} as a program is redirected to ${one.location}; 401 was expected`
    return one.status === 401 && one.challenge === undefined
      ? `${one.request} answers 401 without WWW-Authenticate (RFC 9110 §11.6.1)`
      : null
  },
}

function findingOf(one: Treated, login: Origin, { vantage }: Denials): { failure?: string; error?: string } {
  const how = treatmentOf(one, login)
  if (how === 'passed') return { failure: `${one.request} (${one.what}) reaches the backend: it answers ${said(one)}` }
  if (how === 'down')
    return {
      error: `${one.request} (${one.what}): the gateway answers 503, so nothing was decided; look at its store and log`,
    }
  if (how === 'unanswered')
    return isIpv6Target(one.target) && one.outcome === 'unreachable'
      ? {}
      : { error: `${one.target} could not be asked from ${vantage} (${one.what}): ${one.outcome}: ${one.detail}` }
  const problem = formProblem[one.what]?.(one) ?? null
  return problem === null ? {} : { failure: problem }
}

export function judgeDenied(facts: Denials, asked: readonly Treated[], more: readonly string[] = []): Verdict {
  const login = parseOrigin(facts.login ?? '')
  if (!login) return verdictOf(['lockgate.yaml has no identity, so nobody signs in'], [])
  const findings = asked.map((one) => findingOf(one, login, facts))
  return verdictOf(
    [...more, ...findings.flatMap((one) => one.failure ?? [])],
    [
      ...findings.flatMap((one) => one.error ?? []),
      ...(asked.some((one) => one.reference !== undefined)
        ? []
        : [`no answer of ${facts.url} carries a reference number of the gateway, so nothing shows that it was asked`]),
    ],
  )
}
