/** Two gateways on two hosts, each beside an engine of its own, that serve the same names and share a store. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { readRecords } from '@lockgate/audit-log'
import type { Idp } from '../../../test/lab/idp/index.ts'
import { startFrontEngine } from './front-engine.ts'
import { freePort, type Later, makeFolder, startGateway, until } from './gateway-stand.ts'
import { type Stand, startStand } from './identity-stand.ts'

export type AuditRecord = Readonly<Record<string, unknown>>

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

export interface GatewaySide {
  /** Path of the socket that its engine asks at. */
  readonly socket: string
  /** By way of its engine: `GET` of a path at the host `app`, with this Cookie. */
  ask(path: string, cookie: string): Promise<Answered>
  /** Its audit records, in order. */
  audited(): Promise<readonly AuditRecord[]>
  log(): string
}

export interface GatewayPair {
  readonly stand: Stand
  readonly a: GatewaySide
  readonly b: GatewaySide
}

async function recordsIn(log: string): Promise<readonly AuditRecord[]> {
  const found: AuditRecord[] = []
  for await (const { record } of readRecords(log)) found.push(record as AuditRecord)
  return found
}

const asker =
  (idp: Idp, port: number, app: string): GatewaySide['ask'] =>
  (path, cookie) =>
    new Promise((resolve, reject) => {
      const { host, hostname } = new URL(app)
      const asked = request(
        {
          ...{ host: '127.0.0.1', port, path, agent: false, ca: readFileSync(idp.ca), servername: hostname },
          headers: { host, cookie, accept: '*/*', 'sec-fetch-mode': 'cors' },
        },
        (answer) => {
          answer.resume().on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }))
          answer.on('error', reject)
        },
      )
      asked.on('error', reject).end()
    })

/** `store`: a Redis. `pass` in milliseconds. */
export async function startPair(idp: Idp, store: string, pass: number, later: Later): Promise<GatewayPair> {
  const keys = makeFolder(later)
  const sealKey = join(keys.path, 'seal')
  writeFileSync(sealKey, randomBytes(32).toString('base64url'), { mode: 0o600 })
  const environment = { LOCKGATE_SEAL_KEY: sealKey }
  const session = { idle: 1_800_000, absolute: 43_200_000, pass }
  const stand = await startStand(idp, { role: 'decide', identity: { store, session }, environment }, later)
  await startFrontEngine(idp, stand.port, stand.socket, later)

  const folder = makeFolder(later)
  const state = join(folder.path, 'state')
  mkdirSync(state)
  const socket = join(folder.path, 'engine.sock')
  const { identity } = stand.config
  if (!identity) throw new Error('the stand has no identity')
  const env = { ...process.env, LOCKGATE_OIDC_SECRET: idp.client.secret, ...environment }
  const gateway = startGateway(folder, ['--workers', '1'], { env }, later)
  folder.write({ ...stand.config, identity: { ...identity, state, decide: [`unix:${socket}`] } })
  await until(() => gateway.log().includes('"msg":"serving"'), 'serving', 40_000)
  const port = await freePort()
  await startFrontEngine(idp, port, socket, later)
  const side = (home: string, own: string, at: number, log: () => string): GatewaySide => ({
    socket: own,
    ask: asker(idp, at, stand.app),
    audited: () => recordsIn(join(home, 'state/front/log/front')),
    log,
  })
  return {
    stand,
    a: side(stand.folder.path, stand.socket, stand.port, stand.gateway.log),
    b: side(folder.path, socket, port, gateway.log),
  }
}
