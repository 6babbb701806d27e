import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Backend, get, routeTo, sendRaw, startBackend, startProxy, statusOf } from './stand.ts'

const backends = async (count: number): Promise<Backend[]> => {
  const all = await Promise.all(Array.from({ length: count }, () => startBackend()))
  onTestFinished(async () => void (await Promise.all(all.map((one) => one.close()))))
  return all
}

const connections = (backend: Backend): Promise<number> =>
  new Promise((resolve) => backend.server.getConnections((_error, count) => resolve(count)))

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

describe('replacing routes', () => {
  test('a request in flight ends on the old backend, the next one goes to the new', async () => {
    const [next] = await backends(1)
    const arrived = Promise.withResolvers<ServerResponse>()
    const slow = await startBackend((_request, response) => arrived.resolve(response))
    const stand = await startProxy([routeTo(slow.port)])
    onTestFinished(async () => {
      await stand.close()
      await slow.close()
    })
    const first = sendRaw(stand.port, get('/first'), 30_000)
    const response = await arrived.promise
    response.write('old ')
    stand.proxy.replaceRoutes({ routes: [routeTo(next?.port ?? 0)] })
    expect(await sendRaw(stand.port, get('/second'))).toContain('backend saw /second')
    response.end('end')
    expect(await first).toMatch(/old [\s\S]*end/)
    await vi.waitFor(async () => expect(await connections(slow)).toBe(0), { timeout: 20_000 })
  })

  test('a request that waits for its decision still reaches the backend that was removed meanwhile', async () => {
    const [old] = await backends(1)
    const asked = Promise.withResolvers<void>()
    const decided = Promise.withResolvers<{ allow: true }>()
    const decide = (): Promise<{ allow: true }> => {
      asked.resolve()
      return decided.promise
    }
    const stand = await startProxy([routeTo(old?.port ?? 0)], { decide })
    onTestFinished(() => stand.close())
    const first = sendRaw(stand.port, get('/first'), 30_000)
    await asked.promise
    stand.proxy.replaceRoutes({ routes: [] })
    decided.resolve({ allow: true })
    expect(statusOf(await first)).toBe(200)
    expect(statusOf(await sendRaw(stand.port, get('/')))).toBe(421)
  })

  test('200 replacements under load: no request fails, no pool and no connection stays, memory is flat', async () => {
    const all = await backends(4)
    const route = (i: number): ReturnType<typeof routeTo> => routeTo(all[i % 4]?.port ?? 0)
    const stand = await startProxy([route(0)])
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    onTestFinished(async () => {
      agent.destroy()
      await stand.close()
    })
    const one = async (): Promise<number> => {
      const request = httpRequest({ port: stand.port, agent, headers: { host: 'app.test' } }).end()
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      response.resume()
      await once(response, 'end')
      return response.statusCode ?? 0
    }
    const statuses = new Map<number, number>()
    const rounds = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) {
        const batch = Promise.all(Array.from({ length: 8 }, one))
        stand.proxy.replaceRoutes({ routes: [route(i)], fixed: { [`g-${i}.test`]: String(i) } })
        for (const status of await batch) statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
    await rounds(0, 40)
    const before = heapAfterCollection()
    await rounds(40, 240)
    expect([...statuses.keys()]).toEqual([200])
    expect(heapAfterCollection() - before).toBeLessThan(5_000_000)
    await sleep(200)
    const open = await Promise.all(all.map(connections))
    expect(open.filter((count) => count > 0).length).toBeLessThanOrEqual(1)
  })
})

const longerThanATest = 600_000

describe('stopping', () => {
  test('requests in flight end, kept-alive connections close, new ones are refused', async () => {
    const arrived = Promise.withResolvers<ServerResponse>()
    const slow = await startBackend((_request, response) => arrived.resolve(response))
    const stand = await startProxy([routeTo(slow.port)])
    onTestFinished(() => slow.close())
    const first = sendRaw(stand.port, 'GET / HTTP/1.1\r\nHost: app.test\r\n\r\n', 30_000)
    const response = await arrived.promise
    const closed = stand.proxy.close(longerThanATest)
    expect(await sendRaw(stand.port, get('/'))).toBe('')
    response.end('late')
    const answer = await first
    expect(answer).toContain('late')
    expect(answer).toMatch(/connection: close/i)
    await closed
  })

  test('what lasts longer than the grace is cut', async () => {
    const endless = await startBackend((_request, response) => void response.write('x'))
    const stand = await startProxy([routeTo(endless.port)])
    onTestFinished(() => endless.close())
    const client = connect(stand.port, '127.0.0.1', () => client.write(get('/')))
    await once(client, 'data')
    const cut = once(client.resume(), 'close')
    await stand.proxy.close(200)
    await cut
  })

  test('an address that is left and taken again is served again', async () => {
    const [backend] = await backends(1)
    const stand = await startProxy([routeTo(backend?.port ?? 0)])
    onTestFinished(() => stand.close())
    const on = { scheme: 'http', host: '127.0.0.1', port: stand.port } as const
    await stand.proxy.unlisten(on)
    expect(await sendRaw(stand.port, get('/'), 300)).toBe('')
    await stand.proxy.listen(on)
    expect(statusOf(await sendRaw(stand.port, get('/')))).toBe(200)
  })

  test('an address in use is an error that says so', async () => {
    const [backend] = await backends(1)
    const stand = await startProxy([routeTo(backend?.port ?? 0)])
    onTestFinished(() => stand.close())
    await expect(stand.proxy.listen({ scheme: 'http', host: '127.0.0.1', port: stand.port })).rejects.toThrow(
      /EADDRINUSE/,
    )
  })
})
