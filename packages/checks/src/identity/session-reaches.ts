/** The positive control of this stage: somebody who is signed in reaches the backend. Without it a gateway that denies everybody looks secure. */
import type { Backend, Check, Io } from '@lockgate/model'
import { verdictOf } from '../verdict.ts'
import { authentication } from './mapping.ts'
import { type SignInFacts, signedIn, signInFacts } from './signed-in.ts'

export type SessionReachesFacts = SignInFacts & { readonly vantage: string; readonly url: string }

async function probe(backend: Backend, io: Io): Promise<SessionReachesFacts> {
  return { ...signInFacts(await signedIn(backend, io)), vantage: io.at.vantage.id, url: backend.public.origin }
}

export const sessionReaches: Check<SessionReachesFacts> = {
  id: 'identity.session-reaches',
  title: 'Who is signed in reaches the backend through the gateway',
  severity: 'blocker',
  per: 'vantage',
  maps: authentication,
  fix: 'identity.md#session-reaches',
  needs: ['consolidate.brokered'],
  probe,
  judge({ because, status, url, hops }) {
    if (because !== null) return verdictOf([], [because])
    const looped = hops.length >= 8 ? [`${url} redirects in a loop: ${hops.map((one) => one.request).join(', ')}`] : []
    const down = status !== null && status >= 500 ? [`${url} answers ${status} to who is signed in`] : []
    return verdictOf([...looped, ...down], [])
  },
}
