/** What strangers leave behind in the engine. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { send } from '../../conformance/raw-client.ts'
import type { IdentityCase } from '../case.ts'
import type { IdentityBench } from '../identity-bench.ts'

const keepsNothing = 'it keeps nothing of a Cookie from one request to the next'

const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024

/** Requests in turn on one connection, each with a cookie of its own. */
async function sendOnce(bench: IdentityBench, count: number, cookieBytes: number): Promise<void> {
  const host = new URL(bench.origin('plain')).host
  const one = () =>
    `GET /x HTTP/1.1\r\nHost: ${host}\r\nCookie: a=${randomBytes(cookieBytes / 2).toString('hex')}\r\n\r\n`
  const methods = Array.from({ length: count }, () => 'GET')
  const { answers } = await send(bench.destination('plain'), methods.map(one).join(''), { methods, timeoutMs: 60_000 })
  expect(answers.map((answer) => answer.status)).toEqual(methods.map(() => 401))
}

export const memoryCases: readonly IdentityCase[] = [
  {
    name: 'cookies of strangers, each sent once, leave no memory behind',
    never: { builtin: keepsNothing, nginx: keepsNothing, apache: keepsNothing },
    run: async (bench) => {
      const { pid } = bench.engine.child()
      await sendOnce(bench, 100, 28_000)
      const before = residentMb(pid)
      for (let connection = 0; connection < 12; connection += 1) await sendOnce(bench, 120, 28_000)
      expect(residentMb(pid) - before).toBeLessThan(25)
    },
  },
]
