import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Keycloak } from '../lab/idp/index.ts'
import { have } from '../lab/index.ts'
import { createIdentityWorld, type IdentityWorld } from './identity-world.ts'
import { keepFacts } from './kept-facts.ts'

const say = (value: unknown) => JSON.stringify(value, null, 1)
const client = 'lockgate-live'
const viewer = { id: 'viewer', secret: 'viewer-secret-90' }

type Found = readonly { readonly id: string }[]

const idOf = async (keycloak: Keycloak, clientId: string): Promise<string | null> =>
  ((await keycloak.ask('GET', `/clients?clientId=${clientId}`)) as Found)[0]?.id ?? null

/** A client whose service account may look at clients and change none. */
async function addViewer(keycloak: Keycloak): Promise<void> {
  const flows = { publicClient: false, standardFlowEnabled: false, serviceAccountsEnabled: true }
  await keycloak.ask('POST', '/clients', { clientId: viewer.id, secret: viewer.secret, ...flows })
  const account = (await keycloak.ask('GET', `/clients/${await idOf(keycloak, viewer.id)}/service-account-user`)) as {
    readonly id: string
  }
  const management = await idOf(keycloak, 'realm-management')
  const role = await keycloak.ask('GET', `/clients/${management}/roles/view-clients`)
  await keycloak.ask('POST', `/users/${account.id}/role-mappings/clients/${management}`, [role])
}

describe.skipIf(!have('netns', 'nft', 'openssl', 'keycloak'))('Keycloak and the stage (netns, nft, keycloak)', () => {
  let world: IdentityWorld
  let keycloak: Keycloak
  let secret: string
  const apply = (mode = 'observe') =>
    world.lockgate('apply', 'identity', '--mode', mode, '--yes', '--confirm-within', '0')
  const asAdmin = ({ id, secret: text }: Keycloak['admin']) => {
    writeFileSync(secret, text)
    const admin = { id, secret: { file: secret } }
    const { identity, ...rest } = world.config
    world.lab.yaml({ ...rest, identity: { ...identity, keycloak: { admin } } })
  }
  const seen = async () => {
    const verified = await world.verify('identity', '--backend', 'wiki')
    const of = verified.evidence.filter((one) => one.check === 'identity.idp-client')
    return { verified: { ...verified, evidence: of }, verdict: of[0]?.verdict }
  }
  const gatewayFile = () => readFileSync(join(world.engine.config, 'gateway.json'), 'utf8')
  const steps = async () => {
    const { answer } = await world.lockgate('plan', 'identity', '--mode', 'observe')
    return (answer as { steps: { text: string; done: boolean }[] }).steps.filter((one) =>
      one.text.startsWith('at Keycloak'),
    )
  }

  beforeAll(async () => {
    world = await createIdentityWorld('builtin', { kind: 'keycloak' })
    keycloak = world.idp as Keycloak
    secret = join(world.lab.work, 'keycloak-admin')
    await world.apply('consolidate')
    await addViewer(keycloak)
  }, 400_000)
  afterAll(() => world?.close())

  it('touches no host where the credentials are refused, and puts hosts back where Keycloak refuses at the end', async () => {
    const before = gatewayFile()
    asAdmin({ id: keycloak.admin.id, secret: 'wrong-4711' })
    const refused = await apply()
    expect([refused.code, say(refused.answer)]).toEqual([3, expect.stringMatching(/credentials.*No host was touched/)])
    asAdmin(viewer)
    const late = await apply()
    expect([late.code, say(late.answer)]).toEqual([3, expect.stringMatching(/manage-clients/)])
    expect((late.answer as { restored: unknown[] }).restored.length).toBeGreaterThan(0)
    expect(gatewayFile()).toBe(before)
    expect(await idOf(keycloak, client)).toBeNull()
  }, 600_000)

  it('shows, creates, reads back and repairs the client', async () => {
    asAdmin(keycloak.admin)
    expect(await steps()).toEqual([expect.objectContaining({ text: expect.stringMatching(/no client/), done: false })])
    const made = await apply()
    expect((made.answer as { idp: unknown }).idp, say(made.answer)).toEqual({
      client,
      created: true,
      changed: [],
      secretMade: false,
    })
    const passed = await seen()
    expect(passed.verdict).toEqual({ status: 'pass' })
    keepFacts(world.lab, passed.verified, 'pass')

    await keycloak.ask('PUT', `/clients/${await idOf(keycloak, client)}`, { redirectUris: ['https://evil.test/*'] })
    const [step] = await steps()
    expect([step?.done, step?.text]).toEqual([false, expect.stringMatching(/redirectUris: \["https:\/\/evil/)])
    const failed = await seen()
    expect(failed.verdict).toMatchObject({ status: 'fail', because: expect.stringContaining('evil.test') })
    keepFacts(world.lab, failed.verified, 'fail')

    const repaired = (await apply()).answer as { idp: object }
    expect(repaired.idp).toMatchObject({
      created: false,
      changed: expect.arrayContaining(['redirectUris']),
    })
    expect(((await apply()).answer as { idp: object }).idp).toMatchObject({ created: false, changed: [] })
    expect((await steps()).map((one) => one.done)).toEqual([true])
  }, 600_000)

  it('is an error where Keycloak cannot be asked, and in the log without a secret', async () => {
    await keycloak.pause()
    try {
      const dead = await seen()
      expect(dead.verdict).toMatchObject({ status: 'error' })
      keepFacts(world.lab, dead.verified, 'error')
      const back = await world.lockgate('rollback', 'identity', '--wave', 'rest', '--confirm-within', '0', '--yes')
      expect(back.code, say(back.answer)).toBe(0)
    } finally {
      await keycloak.resume()
    }
    const segments = join(world.lab.work, '.lockgate/log/operator/segments')
    const files = readdirSync(segments).filter((one) => one.endsWith('.jsonl'))
    const log = files.map((one) => readFileSync(join(segments, one), 'utf8')).join('')
    expect(log.match(/"type":"idp-client"/g)).toHaveLength(2)
    expect(log).not.toContain(keycloak.admin.secret)
  }, 600_000)

  it('opens with the client that apply made, whose logins ask for the level that proves MFA', async () => {
    asAdmin(keycloak.admin)
    const enforced = await apply('enforce')
    expect(enforced.code, say(enforced.answer)).toBe(0)
    expect(await world.login('ana')).toMatchObject({ acr: '2', mfaAt: expect.any(String) })
    const opened = await world.verify('identity')
    expect(opened.reasons, say(opened.reasons)).toEqual([])
    expect([opened.code, opened.gate]).toEqual([0, 'open'])
  }, 600_000)
})
