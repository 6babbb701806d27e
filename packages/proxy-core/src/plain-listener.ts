/** HTTP/1.1 without TLS. */
import { createServer, type Server } from 'node:http'
import { type Listening, serverOptions } from './server-options.ts'
import type { Limits } from './types.ts'

export function createPlain(limits: Limits): Listening & { readonly server: Server } {
  const server = createServer(serverOptions(limits))
  server.maxHeadersCount = limits.headerCount + 1
  return {
    server,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
    cut: () => server.closeAllConnections(),
  }
}
