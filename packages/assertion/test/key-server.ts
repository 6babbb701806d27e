/** What a gateway is to a backend, as far as keys go: an issuer, and a server that publishes its keys. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AssertionIssuer,
  type AssertionKey,
  createAssertionIssuer,
  createAssertionKey,
  type Identity,
  publicJwks,
} from '@lockgate/assertion/issue'

export const origin = 'https://payroll.acme.test'

export const ana: Identity = {
  sub: '7f3c',
  idp: 'https://idp.acme.test/realms/acme',
  user: 'ana',
  email: 'ana@acme.test',
  name: 'Ana Ortega',
  groups: ['hr-staff', 'staff/payroll'],
  acr: '2',
  amr: ['pwd', 'otp'],
  authTime: 1_790_000_000_000,
  sid: 's-1',
  device: null,
  token: null,
  scope: [],
}

export interface KeyServer {
  readonly url: string
  readonly issuer: AssertionIssuer
  /** What is published and signs; assign to change it. */
  keys: readonly AssertionKey[]
  /** null: as it should. */
  answer: { readonly status: number; readonly body: string } | null
  /** How often keys were fetched. */
  asked: number
  close(): Promise<void>
}

export async function startKeyServer(): Promise<KeyServer> {
  const server = createServer((_, response) => {
    served.asked += 1
    const { status, body } = served.answer ?? { status: 200, body: JSON.stringify(publicJwks(served.keys)) }
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const served: KeyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    issuer: createAssertionIssuer({ keys: () => served.keys }),
    keys: [await createAssertionKey(0)],
    answer: null,
    asked: 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return served
}
