/** The line to the identity provider: counts refreshes, and can lose answers or be cut. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createIdpFetch } from '../src/bounded-fetch.ts'

export interface IdpLine {
  readonly fetch: typeof fetch
  readonly counts: { refreshes: number; requests: number }
  /** `lose`: the next refreshes reach the IdP and their answers are lost; `cut`: nothing reaches it; `slowMs`: each refresh takes longer. */
  readonly fault: { lose: number; cut: boolean; slowMs: number }
  close(): Promise<void>
}

const broken = (code: string) =>
  Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) })

export function createIdpLine(ca: string): IdpLine {
  const idp = createIdpFetch(readFileSync(ca, 'utf8'))
  const counts = { refreshes: 0, requests: 0 }
  const fault = { lose: 0, cut: false, slowMs: 0 }
  const isRefresh = (init: RequestInit | undefined) => String(init?.body ?? '').includes('grant_type=refresh_token')
  return {
    counts,
    fault,
    close: idp.close,
    fetch: async (input, init) => {
      if (fault.cut) throw broken('ECONNREFUSED')
      counts.requests += 1
      const refresh = isRefresh(init)
      if (refresh) counts.refreshes += 1
      if (refresh) await sleep(fault.slowMs)
      const answer = await idp.fetch(input, init)
      if (refresh && fault.lose > 0) {
        fault.lose -= 1
        throw broken('ECONNRESET')
      }
      return answer
    },
  }
}
