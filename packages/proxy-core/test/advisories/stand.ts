/** One proxy and one backend for a test of an advisory. */

import type { ProxyOptions, Route } from '@lockgate/proxy-core'
import { onTestFinished } from 'vitest'
import { type Backend, routeTo, type Stand, startBackend, startProxy } from '../stand.ts'

export async function pair(
  route: Partial<Route> = {},
  more: Partial<ProxyOptions> = {},
): Promise<{ backend: Backend; stand: Stand }> {
  const backend = await startBackend()
  const stand = await startProxy([routeTo(backend.port, route)], more)
  onTestFinished(async () => {
    await stand.close()
    await backend.close()
  })
  return { backend, stand }
}
