/** TCP ports that nothing listened on a moment ago, on IPv4 and IPv6. */
import { type AddressInfo, createServer } from 'node:net'

const bind = (): Promise<{ port: number; close: () => Promise<void> }> =>
  new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '::', () =>
      done({
        port: (server.address() as AddressInfo).port,
        close: () => new Promise((closed) => server.close(() => closed())),
      }),
    )
  })

export async function freePorts(count: number): Promise<readonly number[]> {
  const bound = await Promise.all(Array.from({ length: count }, bind))
  await Promise.all(bound.map((one) => one.close()))
  return bound.map((one) => one.port)
}
