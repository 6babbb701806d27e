import { execFileSync } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parallelScan } from './parallel-scan.ts'

const all = Array.from({ length: 65_535 }, (_, index) => index + 1)
const servers: Server[] = []
let listening: number[]

beforeAll(async () => {
  for (const host of ['127.0.0.1', '127.0.0.1', '127.0.0.1']) {
    const server = createServer((socket) => socket.on('error', () => {}))
    await new Promise<void>((resolve) => server.listen(0, host, resolve))
    servers.push(server)
  }
  listening = servers.map((server) => (server.address() as { port: number }).port).sort((a, b) => a - b)
})
afterAll(() => {
  for (const server of servers) server.close()
})

describe('parallelScan', () => {
  test('of every port of loopback finds those that listen, and none that met itself', async () => {
    const [found] = await parallelScan([{ host: '127.0.0.1', ports: all }])
    expect(found?.open).toEqual(expect.arrayContaining(listening))
    expect(found).toMatchObject({ timedOut: 0, unreachable: 0, failed: 0 })
    expect((found?.open.length ?? 0) + (found?.refused ?? 0)).toBe(65_535)
    // Whatever else listens on this machine now is listed by the kernel; a port that met itself would not be.
    const [again] = await parallelScan([{ host: '127.0.0.1', ports: found?.open ?? [] }])
    expect(again?.open).toEqual(expect.arrayContaining(listening))
  })

  test('with fewer descriptors than attempts it waits, and misses nothing', () => {
    const program = `const { parallelScan } = await import('./parallel-scan.ts')
      const ports = [...Array.from({ length: 3000 }, (_, index) => index + 1), ${listening.join(', ')}]
      console.log(JSON.stringify(await parallelScan([{ host: '127.0.0.1', ports }], { concurrency: 3000 })))`
    const said = execFileSync(
      'sh',
      ['-c', 'ulimit -n 60; exec "$0" --input-type=module -e "$1"', process.execPath, program],
      {
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        encoding: 'utf8',
      },
    )
    const [found] = JSON.parse(said)
    expect(found.open).toEqual(expect.arrayContaining(listening))
    expect(found).toMatchObject({ failed: 0, timedOut: 0 })
  })

  test('an abort ends the threads too', async () => {
    const scan = parallelScan([{ host: '127.0.0.1', ports: all }], { signal: AbortSignal.timeout(150) })
    await expect(scan).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})
