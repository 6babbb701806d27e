import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { accessLogRecord, generationHost } from '@lockgate/model'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  ask,
  configOf,
  type Folder,
  freePort,
  generationOf,
  live,
  makeFolder,
  readLines,
  startBackend,
  startGateway,
  until,
} from './gateway-stand.ts'
import { childrenOf, isZombie, residentBytes } from './processes.ts'

const one = ['--workers', '1']

/** A folder, a backend and a port that nothing listens on yet. */
async function ground(): Promise<{ folder: Folder; port: number; backend: number }> {
  const { port: backend } = await startBackend((_request, response) => void response.end('from the backend'))
  return { folder: makeFolder(), port: await freePort(), backend }
}

describe('the gateway and its configuration', () => {
  test('waits for gateway.json, serves it, shows its generation, logs, and stops with 0', async () => {
    const { folder, port, backend } = await ground()
    const gateway = startGateway(folder, one)
    await until(() => gateway.log().includes('waiting for gateway.json'), 'waiting')
    expect(await ask(port, 'app.test')).toBeNull()
    folder.write(configOf(folder, port, backend))
    await live(port, generationOf('a'))
    expect(await ask(port, 'app.test', '/a?b=c')).toEqual({ status: 200, body: 'from the backend' })
    expect((await ask(port, 'other.test'))?.status).toBe(421)
    expect((await ask(port, generationHost(generationOf('b'))))?.status).toBe(421)
    gateway.child.kill('SIGTERM')
    expect(await gateway.ended()).toBe(0)
    const records = folder.records()
    for (const record of records) expect(accessLogRecord.parse(record)).toEqual(record)
    expect(records.find((record) => record.path === '/a')).toMatchObject({
      edge: 'front',
      backend: 'app',
      source: '127.0.0.1',
      method: 'GET',
      host: 'app.test',
      status: 200,
      bytes: 16,
      upstream: `127.0.0.1:${backend}`,
    })
    expect(records.find((record) => record.host === 'other.test')).toMatchObject({
      backend: null,
      status: 421,
      upstream: null,
    })
  })

  test.each([
    ['half of it', '{"version": 1,', /JSON/],
    ['an unknown key', { surprise: true }, /surprise/],
    ['another edge', { edge: 'back' }, /edge back/],
    ['https without a certificate', { listen: [{ scheme: 'https', host: '127.0.0.1', port: 1 }] }, /certificate/],
    [
      'a certificate that is not there',
      { tls: { default: { certificate: '/nowhere.pem', key: '/nowhere.key' }, names: {} } },
      /nowhere/,
    ],
    ['an access log that cannot be opened', { accessLog: '/proc/nowhere/access.log' }, /access log/],
    ['an address that is not here', { listen: [{ scheme: 'http', host: '192.0.2.1', port: 18_080 }] }, /192\.0\.2\.1/],
  ])('a bad file (%s) leaves the old one in effect, and the log says why', async (_title, change, because) => {
    const { folder, port, backend } = await ground()
    const gateway = startGateway(folder, one)
    const good = configOf(folder, port, backend)
    folder.write(good)
    await live(port, generationOf('a'))
    folder.write(
      typeof change === 'string' ? change : JSON.stringify({ ...good, generation: generationOf('b'), ...change }),
    )
    await until(() => because.test(gateway.log()), `log says ${because}`)
    expect(await ask(port, 'app.test')).toEqual({ status: 200, body: 'from the backend' })
    await live(port, generationOf('a'))
    folder.write({ ...good, generation: generationOf('c') })
    await live(port, generationOf('c'))
  })

  test('a new one changes backends and addresses; the old address is left', async () => {
    const { folder, port, backend } = await ground()
    const second = await startBackend((_request, response) => void response.end('second'))
    const otherPort = await freePort()
    startGateway(folder, one)
    folder.write(configOf(folder, port, backend))
    await live(port, generationOf('a'))
    folder.write(configOf(folder, otherPort, second.port, { generation: generationOf('b') }))
    await live(otherPort, generationOf('b'))
    expect((await ask(otherPort, 'app.test'))?.body).toBe('second')
    await until(async () => (await ask(port, 'app.test')) === null, 'the old address is closed')
  })

  test('an address in use is tried again until it is free', async () => {
    const { folder, port, backend } = await ground()
    const blocker = createServer().listen(port, '127.0.0.1')
    const gateway = startGateway(folder, one)
    folder.write(configOf(folder, port, backend))
    await until(() => gateway.log().includes('cannot be listened on'), 'refused')
    await new Promise((resolve) => blocker.close(resolve))
    await live(port, generationOf('a'))
  })

  test('a file that is gone closes the listeners, and back again opens them', async () => {
    const { folder, port, backend } = await ground()
    startGateway(folder, one)
    folder.write(configOf(folder, port, backend))
    await live(port, generationOf('a'))
    rmSync(join(folder.path, 'gateway.json'))
    await until(async () => (await ask(port, 'app.test')) === null, 'closed')
    folder.write(configOf(folder, port, backend))
    await live(port, generationOf('a'))
  })

  test('IPv6 beside IPv4, each with its wildcard', async () => {
    const { folder, port, backend } = await ground()
    startGateway(folder, one)
    const listen = [{ scheme: 'http', host: '0.0.0.0', port } as const, { scheme: 'http', host: '::', port } as const]
    folder.write(configOf(folder, port, backend, { listen }))
    await live(port, generationOf('a'))
    expect((await ask(port, 'app.test', '/', '::1'))?.status).toBe(200)
    await until(() => folder.records().some((record) => record.source === '::1'), 'logged')
  })

  test('wrong arguments: 2', async () => {
    const gateway = startGateway(makeFolder(), ['--workers', 'many'])
    expect(await gateway.ended()).toBe(2)
    expect(gateway.log()).toContain('usage')
  })

  test.skipIf(process.getuid?.() !== 0)('runs as a user without rights', async () => {
    const { folder, port, backend } = await ground()
    folder.write(configOf(folder, port, backend, { accessLog: null }))
    chmodSync(folder.path, 0o755)
    startGateway(folder, one, { uid: 65_534 })
    await live(port, generationOf('a'))
    expect((await ask(port, 'app.test'))?.status).toBe(200)
  })
})

describe('the access log', () => {
  test.each([
    ['by rename', false],
    ['by rename and SIGHUP', true],
  ])('follows a rotation %s without losing a line', async (_title, signal) => {
    const { folder, port, backend } = await ground()
    const gateway = startGateway(folder, one)
    folder.write(configOf(folder, port, backend))
    await live(port, generationOf('a'))
    await ask(port, 'app.test', '/before')
    await sleep(300)
    renameSync(folder.accessLog, `${folder.accessLog}.1`)
    if (signal) gateway.child.kill('SIGHUP')
    await sleep(1_200)
    await ask(port, 'app.test', '/after')
    await until(() => existsSync(folder.accessLog) && readLines(folder.accessLog).length > 0, 'a new file')
    expect(readLines(`${folder.accessLog}.1`).join('')).toContain('/before')
    expect(readLines(folder.accessLog).join('')).toContain('/after')
    expect(statSync(folder.accessLog).mode & 0o007).toBe(0)
  })

  test('hostile request lines stay one JSON line each', async () => {
    const { folder, port, backend } = await ground()
    startGateway(folder, one)
    folder.write(configOf(folder, port, backend))
    await live(port, generationOf('a'))
    await ask(port, 'app.test', '/"%0a{\\}%22')
    await until(() => folder.records().some((record) => record.path === '/"%0a{\\}%22'), 'logged')
  })
})

describe('several workers', () => {
  test('share the addresses; one that dies is replaced; a reload reaches all before its generation shows', async () => {
    const { folder, port, backend } = await ground()
    const gateway = startGateway(folder, ['--workers', '2'])
    folder.write(configOf(folder, port, backend))
    await live(port, generationOf('a'))
    for (let i = 0; i < 10; i++) expect((await ask(port, 'app.test'))?.status).toBe(200)
    const children = childrenOf(gateway.child.pid ?? 0)
    expect(children).toHaveLength(2)
    process.kill(children[0] as number, 'SIGKILL')
    await until(() => gateway.log().includes('is replaced'), 'replaced')
    await until(() => childrenOf(gateway.child.pid ?? 0).length === 2, 'two again')
    for (let i = 0; i < 10; i++) expect((await ask(port, 'app.test'))?.status).toBe(200)

    const second = await startBackend((_request, response) => void response.end('second'))
    folder.write(configOf(folder, port, second.port, { generation: generationOf('b') }))
    await live(port, generationOf('b'))
    for (let i = 0; i < 20; i++) expect((await ask(port, 'app.test'))?.body).toBe('second')
    gateway.child.kill('SIGINT')
    expect(await gateway.ended()).toBe(0)
  })

  test('end with a primary that is killed', async () => {
    const { folder, port, backend } = await ground()
    const gateway = startGateway(folder, ['--workers', '2'])
    folder.write(configOf(folder, port, backend))
    await live(port, generationOf('a'))
    const children = childrenOf(gateway.child.pid ?? 0)
    gateway.child.kill('SIGKILL')
    await until(() => children.every((pid) => !existsSync(`/proc/${pid}`) || isZombie(pid)), 'workers are gone')
    expect(await ask(port, 'app.test')).toBeNull()
  })

  test('120 reloads under load: no request fails, and memory stays flat', async () => {
    const { folder, port, backend } = await ground()
    const second = await startBackend((_request, response) => void response.end('second'))
    const gateway = startGateway(folder, ['--workers', '2'])
    folder.write(configOf(folder, port, backend))
    await live(port, generationOf('a'))
    const load = keepAsking(port)
    onTestFinished(() => void load.stop())
    const reload = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) {
        folder.write(
          configOf(folder, port, i % 2 === 0 ? backend : second.port, {
            generation: `sha256:${String(i).padStart(64, '0')}`,
          }),
        )
        await sleep(210)
      }
      await live(port, `sha256:${String(to - 1).padStart(64, '0')}`.slice(0, 71))
    }
    const memory = (): number => childrenOf(gateway.child.pid ?? 0).reduce((sum, pid) => sum + residentBytes(pid), 0)
    await reload(0, 60)
    const before = memory()
    await reload(60, 120)
    expect(memory() - before).toBeLessThan(60_000_000)
    const { good, bad } = await load.stop()
    expect(bad).toEqual([])
    expect(good).toBeGreaterThan(200)
  })
})

/** One request after the other on a kept-alive connection of its own. */
function keepAsking(port: number): { stop(): Promise<{ good: number; bad: string[] }> } {
  let going = true
  let good = 0
  const bad: string[] = []
  const loop = async (): Promise<void> => {
    while (going) {
      const answer = await ask(port, 'app.test')
      if (answer?.status === 200) good++
      else bad.push(JSON.stringify(answer))
      await sleep(20)
    }
  }
  const done = Promise.all([loop(), loop()])
  return {
    async stop() {
      going = false
      await done
      return { good, bad }
    },
  }
}
