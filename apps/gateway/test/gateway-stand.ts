/** A gateway as a process of its own, its folder, and requests to it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, request, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type GatewayConfig, generationHost } from '@lockgate/model'
import { onTestFinished } from 'vitest'

export const main = join(import.meta.dirname, '../src/main.ts')

export async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export async function startBackend(answer: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise((resolve) => void server.close(() => resolve()))
  })
  return { server, port: (server.address() as AddressInfo).port }
}

export const paths = {
  encodedSlash: 'refuse',
  dotSegments: 'refuse',
  emptySegments: 'refuse',
  parameters: 'refuse',
  case: 'exact',
} as const

export interface Folder {
  readonly path: string
  readonly accessLog: string
  /** Replaces gateway.json as `apply` does: a new file, renamed over the old one. */
  write(config: GatewayConfig | string): void
  records(): { readonly [key: string]: unknown }[]
}

/** Takes what is to be done in the end: after the test, or after a file's tests. */
export type Later = (work: () => void | Promise<void>) => void

export function makeFolder(later: Later = onTestFinished): Folder {
  const path = mkdtempSync(join(tmpdir(), 'lockgate-gateway-'))
  later(() => rmSync(path, { recursive: true, force: true }))
  const accessLog = join(path, 'access.log')
  return {
    path,
    accessLog,
    write(config) {
      writeFileSync(join(path, '.new'), typeof config === 'string' ? config : JSON.stringify(config))
      renameSync(join(path, '.new'), join(path, 'gateway.json'))
    },
    records: () => readLines(accessLog).map((line) => JSON.parse(line)),
  }
}

export const readLines = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)

export const generationOf = (letter: string): string => `sha256:${letter.repeat(64)}`

export function configOf(
  folder: Folder,
  port: number,
  backend: number,
  more: Partial<GatewayConfig> = {},
): GatewayConfig {
  return {
    version: 1,
    edge: 'front',
    generation: generationOf('a'),
    accessLog: folder.accessLog,
    listen: [{ scheme: 'http', host: '127.0.0.1', port }],
    tls: null,
    backends: [
      {
        id: 'app',
        public: { scheme: 'http', host: 'app.test', port: 80 },
        upstream: { scheme: 'http', host: '127.0.0.1', port: backend },
        paths,
        bodyLimit: 1_000_000,
        timeoutMs: 5_000,
      },
    ],
    ...more,
  }
}

export interface Gateway {
  readonly child: ChildProcess
  log(): string
  /** Exit code, or the signal's name. */
  ended(): Promise<number | string>
}

export function startGateway(
  folder: Folder,
  argv: readonly string[] = [],
  options: { uid?: number; env?: NodeJS.ProcessEnv } = {},
  later: Later = onTestFinished,
): Gateway {
  let log = ''
  const all = ['--conditions=source', main, '--folder', folder.path, '--edge', 'front', ...argv]
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'ignore', 'pipe'], ...options })
  child.stderr?.on('data', (chunk) => {
    log += chunk
  })
  const ended = new Promise<number | string>((resolve) =>
    child.on('exit', (code, signal) => resolve(code ?? signal ?? '')),
  )
  later(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, log: () => log, ended: () => ended }
}

export interface Answer {
  readonly status: number
  readonly body: string
}

export function ask(port: number, host: string, path = '/', address = '127.0.0.1'): Promise<Answer | null> {
  return new Promise((resolve) => {
    const asked = request(
      { port, host: address, path, agent: false, headers: { host, connection: 'close' } },
      (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
        response.on('error', () => resolve(null))
      },
    )
    asked.on('error', () => resolve(null)).end()
  })
}

export async function until(holds: () => boolean | Promise<boolean>, what: string, ms = 20_000): Promise<void> {
  const end = Date.now() + ms
  while (Date.now() < end) {
    if (await holds()) return
    await sleep(50)
  }
  throw new Error(`not within ${ms} ms: ${what}`)
}

export const live = (port: number, generation: string): Promise<void> =>
  until(
    async () => (await ask(port, generationHost(generation)))?.body === generation,
    `generation ${generation.slice(0, 10)}`,
  )
