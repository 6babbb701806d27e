/** A reload under load drops no request, and what answers afterwards is the new generation. */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { apacheKind } from './apache-main.ts'
import { type EngineKind, type LiveEdge, startLiveEdge } from './live-edge.ts'
import { nginxKind } from './nginx-main.ts'
import { rawRequest, requestText } from './raw-request.ts'
import { run } from './run-engine.ts'

const kinds: Readonly<Record<string, () => EngineKind>> = { nginx: nginxKind, apache: apacheKind }

/** A closed idle connection is the client's to retry (RFC 9112 §9.3.1); each request here is on a new one. */
const once = (edge: LiveEdge, agent: Agent): Promise<number> =>
  new Promise((done) => {
    const headers = { host: `plain.acme.test:${edge.http}` }
    const sent = request({ port: edge.http, host: '127.0.0.1', path: '/slow', headers, agent }, (answer) => {
      answer.resume()
      answer.on('end', () => done(answer.statusCode ?? 0))
      answer.on('error', () => done(-1))
    })
    sent.on('error', () => done(-1))
    sent.end()
  })

async function load(edge: LiveEdge, isOver: () => boolean): Promise<Readonly<Record<number, number>>> {
  const counts: Record<number, number> = {}
  const agent = new Agent({ keepAlive: false })
  const worker = async () => {
    while (!isOver()) {
      const status = await once(edge, agent)
      counts[status] = (counts[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return counts
}

const shown = async (edge: LiveEdge, host: string): Promise<string> =>
  (await rawRequest({ port: edge.http }, requestText('GET', '/', host))).body

describe.each(Object.entries(kinds))('%s', (_name, kind) => {
  test('reloads twice under load without a failed request', async () => {
    const edge = await startLiveEdge(kind())
    try {
      const added = { id: 'added', public: `http://added.acme.test:${edge.http}` }
      const plain = { id: 'plain', public: `http://plain.acme.test:${edge.http}` }
      const upstream = `http://127.0.0.1:${edge.backend.port}`
      let isOver = false
      const counting = load(edge, () => isOver)
      for (const backends of [[plain, added], [plain]]) {
        await sleep(500)
        const { target } = edge.write(backends.map((one) => ({ ...one, upstream })))
        expect(run(edge.reload).code).toBe(0)
        const host = target.proof?.kind === 'http' ? target.proof.host : ''
        // workers of the generation before may take a last connection or two
        let held = 0
        for (let tries = 0; tries < 150 && held < 3; tries++) {
          held = (await shown(edge, host)) === target.generation ? held + 1 : 0
          await sleep(100)
        }
        expect(held).toBe(3)
      }
      await sleep(500)
      isOver = true
      const counts = await counting
      expect(Object.keys(counts)).toEqual(['200'])
      expect(counts[200]).toBeGreaterThan(50)
    } finally {
      await edge.stop()
    }
  })
})
