/** How long cookies of a session that was ended are still taken. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Io } from '@lockgate/model'
import { askExactly, type ExactAnswer, type HeaderLine, headerOf } from '../exact-ask.ts'
import { stopIfInterrupted } from '../interrupt.ts'
import type { Browser, Site } from './browser.ts'
import { asProgram } from './tries.ts'

export const patienceMs = 10_000
const pauseMs = 50
const again = 3

const denied = (answer: ExactAnswer) =>
  answer.outcome === 'answered' && headerOf(answer.headers, 'lockgate-reference') !== null && answer.status === 401

/** The cookies as they were before the logout, whatever the gateway says of them since. */
export function oldCookies(browser: Browser, { origin }: Site): HeaderLine {
  return ['Cookie', [...browser.cookiesOf(origin)].map(([name, value]) => `${name}=${value}`).join('; ')]
}

/** `promised`: milliseconds within which one worker may still take what another denies. From then on all of them must. */
export async function waitForDenial(site: Site, target: string, cookies: HeaderLine, promised: number, io: Io) {
  const began = performance.now()
  const ask = () =>
    askExactly(
      {
        endpoint: site.endpoint,
        origin: site.origin,
        ca: site.ca,
        method: 'GET',
        target,
        headers: [...asProgram, cookies],
      },
      io,
    )
  while (performance.now() - began < patienceMs) {
    // When it was asked counts: how long a busy vantage takes for the answer is not the gateway's.
    const deniedAfter = Math.round(performance.now() - began)
    if (denied(await ask())) {
      await sleep(Math.max(0, promised - (performance.now() - began)))
      const later = await Promise.all(Array.from({ length: again }, ask))
      return { deniedAfter, stays: later.every(denied) }
    }
    stopIfInterrupted(io)
    await sleep(pauseMs)
  }
  return { deniedAfter: null, stays: false }
}
