/** `lockgate doctor` at an issuer on loopback that can be made to misbehave, over a connection from this host. */
import type { IdentitySettings } from '@lockgate/model'
import { openReach } from '@lockgate/reach'
import { lookAtIdp } from '@lockgate/stages'
import { afterEach, describe, expect, it } from 'vitest'
import { type Behaviour, type Issuer, startIssuer } from '../../../test/lab/idp/start-issuer.ts'

let idp: Issuer
afterEach(() => idp.stop())

async function examined(behaviour: Partial<Behaviour>, path = '') {
  idp = await startIssuer(behaviour)
  const reach = await openReach('local', { baseDir: '/' })
  try {
    const identity = { issuer: idp.issuer + path, client: { id: 'lockgate', secret: null } } as IdentitySettings
    const signal = AbortSignal.timeout(10_000)
    return await lookAtIdp(identity, { reach, from: 'this host', ca: null, signal })
  } finally {
    await reach.close()
  }
}

describe('the identity provider, as doctor asks it', () => {
  it('answers, and is told what it lacks', async () => {
    expect(await examined({})).toEqual([
      { subject: 'identity provider', ok: true, text: `${idp.issuer} answers this host` },
      { subject: 'identity provider', ok: true, text: expect.stringMatching(/no back-channel logout/) },
    ])
  })

  it.each<[string, Partial<Behaviour>, string, RegExp]>([
    ['a page of HTML', { html: true }, '', /something other than JSON/],
    ['another path', {}, '/realms/acme', /answers 404: is identity\.issuer right, with its path/],
    [
      'another issuer',
      { metadata: { issuer: 'https://idp.acme.test' } },
      '',
      /issuer is https:\/\/idp\.acme\.test: write/,
    ],
  ])('%s', async (_title, behaviour, path, text) => {
    expect(await examined(behaviour, path)).toContainEqual({
      subject: 'identity provider',
      ok: false,
      text: expect.stringMatching(text),
    })
  })

  it('is down', async () => {
    idp = await startIssuer()
    const { issuer } = idp
    await idp.stop()
    const reach = await openReach('local', { baseDir: '/' })
    const identity = { issuer, client: { id: 'lockgate', secret: null } } as IdentitySettings
    const signal = AbortSignal.timeout(10_000)
    const found = await lookAtIdp(identity, { reach, from: 'this host', ca: null, signal })
    await reach.close()
    expect(found).toEqual([{ subject: 'identity provider', ok: false, text: expect.stringMatching(/refused/) }])
    idp = await startIssuer()
  })
})
