import { planeIds } from '@lockgate/model'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Idp, startEntraShaped } from '../lab/idp/index.ts'
import { have } from '../lab/index.ts'
import { walkProvider } from './walk.ts'

describe.skipIf(!have('openssl', 'nginx', 'apache', 'envoy'))('an issuer shaped like Entra ID', () => {
  let idp: Idp
  beforeAll(async () => {
    idp = await startEntraShaped({ hosts: { 'login.test': '127.0.0.1' } })
  })
  afterAll(() => idp?.stop())

  it.each(planeIds)('at %s: in, across hosts, out everywhere, ended from its side', (plane) => walkProvider(plane, idp))
})
