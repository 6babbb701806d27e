/** The provider as a program: `main.ts FILE`, a Setting in JSON. Listens on https, and for orders on FOLDER/control.sock. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { createServer as createControl, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import Provider from 'oidc-provider'
import { configurationOf } from './configuration.ts'
import { type Desk, interact } from './interaction.ts'
import { orders } from './orders.ts'
import type { Order, Setting } from './setting.ts'
import { openStorage } from './storage.ts'

const setting = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Setting
const storage = openStorage(`${setting.folder}/provider.sqlite`)
for (const [login, person] of Object.entries(setting.people))
  if (storage.read(`person:${login}`) === null) storage.write(`person:${login}`, { ...person, disabled: false })

type Key = Readonly<Record<string, unknown>>
const newKey = (): Key => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: randomBytes(6).toString('hex') }
}
const keys = (): readonly Key[] => storage.read<readonly Key[]>('keys') ?? []
if (keys().length === 0) storage.write('keys', [newKey()])

const server = createServer({ cert: readFileSync(setting.certificate), key: readFileSync(setting.key) })
const known: Desk['known'] = new Map()
let desk: Desk
let serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** With the keys that there are now: the first signs. */
function open(issuer: string): void {
  const provider = new Provider(issuer, configurationOf(setting, storage, keys()))
  desk = { provider, storage, otp: setting.otp, known }
  serve = provider.callback()
}

server.on('request', (request, response) => {
  const answered = request.url?.startsWith('/interaction/')
    ? interact(desk, request, response)
    : serve(request, response)
  answered.catch((error: unknown) => {
    console.error(error)
    if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/plain' })
    response.end('This sign-in has ended. Go back to where you came from and begin anew.')
  })
})

server.listen(setting.port, setting.address, async () => {
  const port = setting.port || (server.address() as AddressInfo).port
  const issuer = `https://${setting.host}:${port}`
  open(issuer)
  const office = {
    provider: () => desk.provider,
    storage,
    setting,
    rotate: async () => {
      storage.write('keys', [newKey(), ...keys()].slice(0, 2))
      open(issuer)
    },
  }
  if (setting.origin) await orders.register(office, { do: 'register', origin: setting.origin })
  const socket = `${setting.folder}/control.sock`
  rmSync(socket, { force: true })
  const control = createControl(async (request, response) => {
    try {
      const order = (await json(request)) as Order
      const done = await (orders[order.do] as (...all: readonly unknown[]) => unknown)(office, order)
      response.end(JSON.stringify({ done: done ?? null }))
    } catch (error) {
      response.end(JSON.stringify({ error: String(error) }))
    }
  })
  control.listen(socket, () => console.log(`listening ${port}`))
})
