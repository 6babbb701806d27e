/** What a backend answers in the gateway's name: it signs nobody in, and no probe takes it for a denial. */
import { expect } from 'vitest'
import { valuesOf } from '../../conformance/message.ts'
import { fieldOf, type IdentityCase, statusOf } from '../case.ts'
import { type IdentityBench, people, type SiteName } from '../identity-bench.ts'

const ours = /__host-lockgate/i
const secure = /;\s*secure\s*(?:;|$)/i

async function cookiesOf(bench: IdentityBench, name: SiteName): Promise<string> {
  const browser = await bench.signedIn(people.ana, name)
  const cookies = browser.jar
    .all()
    .filter((one) => one.host === `${name}.test`)
    .map((one) => `${one.name}=${one.value}`)
  return `Cookie: ${cookies.join('; ')}`
}

async function answerOf(bench: IdentityBench, name: SiteName) {
  const reply = await bench.ask(name, '/answers/ours', [await cookiesOf(bench, name)])
  expect(statusOf(reply)).toBe(401)
  expect(reply.answers[0]?.body.text).toBe('a backend that speaks for the gateway')
  return reply
}

const sites = ['app', 'plain', 'quiet', 'watched'] as const

export const backendAnswerCases: readonly IdentityCase[] = [
  {
    name: 'fixation: no browser keeps a cookie of ours that a backend sets, and the backend keeps its own',
    run: async (bench) => {
      for (const name of sites) {
        const set = valuesOf((await answerOf(bench, name)).answers[0]?.fields ?? [], 'set-cookie')
        expect(set, name).toContain('own=1; Path=/; Secure')
        // RFC 6265bis §5.7: without Secure a cookie whose name begins with __Host- is ignored.
        const kept = set.filter((one) => ours.test(one) && one.includes('planted') && secure.test(one))
        expect(kept, name).toEqual([])
      }
    },
  },
  {
    name: 'a backend that says a reference of the gateway is not heard',
    run: async (bench) => {
      for (const name of sites) expect(fieldOf(await answerOf(bench, name), 'lockgate-reference'), name).toBe('')
    },
  },
  {
    name: 'a backend cannot send the engine to another place in the name of who asked',
    run: async (bench) => {
      for (const name of ['app', 'plain'] as const) {
        const cookies = await cookiesOf(bench, name)
        for (const to of ['/.lockgate/decide', '/admin/elsewhere', '@lockgate_forward', '@lockgate_answer'])
          for (const accept of ['text/html', 'text/event-stream']) {
            bench.backend.forget()
            const reply = await bench.ask(name, `/answers/elsewhere?to=${to}`, [cookies, `Accept: ${accept}`])
            const said = [statusOf(reply), reply.answers[0]?.body.text]
            expect(said, `${name} ${to} ${accept}`).toEqual([200, 'the answer itself'])
            expect(fieldOf(reply, 'lockgate-assertion') + fieldOf(reply, 'lockgate-user')).toBe('')
            expect(bench.backend.seen()).toHaveLength(1)
          }
      }
    },
  },
]
