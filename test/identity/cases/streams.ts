/** Streams end with their session; rollout decides who is asked at all. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { type IdentityCase, seenNames, statusOf } from '../case.ts'
import { people } from '../identity-bench.ts'
import { openWebSocket } from '../web-socket.ts'

export const streamCases: readonly IdentityCase[] = [
  {
    name: 'an open WebSocket is cut within 2.5 s after the logout of its session',
    run: async (bench) => {
      for (const site of ['app', 'plain'] as const) {
        const browser = await bench.signedIn(people.ana, site)
        const cookies = browser.jar.header(new URL(bench.origin(site)))
        const { socket, reply } = await openWebSocket(bench, site, cookies ? [`Cookie: ${cookies}`] : [])
        expect(statusOf(reply), site).toBe(101)
        const closed = once(socket, 'close')
        await browser.open(`${bench.origin(site)}/.lockgate/logout`, { form: {} })
        expect(await Promise.race([closed.then(() => 'cut'), sleep(2_500, 'still open')]), site).toBe('cut')
      }
    },
  },
  {
    name: 'where it only observes, everything passes, with identity where there is one',
    run: async (bench) => {
      bench.backend.forget()
      expect(statusOf(await bench.ask('watched', '/x'))).toBe(200)
      expect(seenNames(bench, 'lockgate-assertion')).toEqual([])
      const legacy = 'Authorization: Basic c2NyaXB0OmNoYW5nZW1l'
      expect(statusOf(await bench.ask('watched', '/x', [legacy, 'Cookie: legacy=1']))).toBe(200)
      const seen = bench.backend.seen().at(-1)?.fields ?? []
      expect(seen.filter(([name]) => /^authorization$/i.test(name)).length).toBe(1)
      expect(seen.filter(([name]) => /^cookie$/i.test(name)).map(([, value]) => value)).toEqual(['legacy=1'])
      const browser = await bench.signedIn(people.ana, 'watched')
      bench.backend.forget()
      expect((await browser.ask(`${bench.origin('watched')}/x`)).status).toBe(200)
      expect(seenNames(bench, 'lockgate-assertion').length).toBe(1)
    },
  },
]
