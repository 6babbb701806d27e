import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineIds, have, type Lab } from '../lab/index.ts'
import { createIdentityWorld, type IdentityWorld } from './identity-world.ts'
import { keepFacts } from './kept-facts.ts'
import { program } from './programs.ts'
import type { Verified } from './world.ts'

const say = (value: unknown) => JSON.stringify(value, null, 1)

const failed = ({ evidence }: Verified, backend: string): readonly string[] => [
  ...new Set(evidence.flatMap((one) => (one.backend === backend && one.verdict.status === 'fail' ? one.check : []))),
]

/** What a program is answered where users stand; without more, it has no session. */
async function statusAt(lab: Lab, host: string, ...more: readonly string[]): Promise<string> {
  const resolve = `${host}.acme.test:443:${lab.at('edge').ipv4}`
  const argv = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', lab.authority.ca]
  return (await lab.run('office', [...argv, '--resolve', resolve, ...more, `https://${host}.acme.test/`])).stdout
}

const loginCode = `import express from 'express'
const app = express()
app.post('/login', async (request, response) => {
  const user = await users.find(request.body.username)
  if (!(await bcrypt.compare(request.body.password, user.passwordHash))) return response.status(401).end()
  request.session.user = user
  response.redirect('/')
})
`

describe.skipIf(!have('netns', 'nft', 'openssl'))('stage identity on builtin (netns, nft, openssl)', () => {
  let world: IdentityWorld
  beforeAll(async () => {
    world = await createIdentityWorld('builtin')
  })
  afterAll(() => world?.close())

  it('is locked while consolidate is shut', async () => {
    const { code, answer } = await world.lab.lockgate(['apply', 'identity', '--yes'])
    expect([code, say(answer)]).toEqual([1, expect.stringContaining('LG2001')])
  })

  it('opens after it was observed, and enforced wave by wave', async () => {
    await world.apply('consolidate')
    await world.apply('identity', '--wave', 'pilot', '--mode', 'observe')
    const observed = await world.because('identity')
    for (const one of ['gate.not-applied', 'gate.not-enforced', 'identity.anonymous payroll office: '])
      expect(observed).toContain(one)
    await world.apply('identity', '--wave', 'pilot')
    await world.apply('identity', '--wave', 'rest')
    const before = await world.verify('identity', '--backend', 'payroll')
    keepFacts(world.lab, before, 'error')
    expect(before.reasons.map((one) => one.because).join('\n')).toContain('lockgate login')
    await world.login('ana')
    const opened = await world.verify('identity')
    keepFacts(world.lab, opened, 'pass', 'payroll')
    expect(opened.reasons, say(opened.reasons)).toEqual([])
    expect([opened.code, opened.gate]).toEqual([0, 'open'])
    expect(await world.because('consolidate')).toBe('')
  }, 600_000)

  it('lets a token of a service in where it is for, until it is revoked', async () => {
    const { lab } = world
    const token = async (...args: readonly string[]) => {
      const { code, answer, stderr } = await lab.lockgate(['token', ...args])
      expect(code, stderr).toBe(0)
      return answer as { token?: string; tokens: { id: string; revokedAt: number | null }[] }
    }
    const issued = await token('issue', '--name', 'ci', '--owner', 'ops', '--service', '--backend', 'wiki')
    const status = (host: string) => statusAt(lab, host, '-H', `Authorization: Bearer ${issued.token}`)
    expect([await status('wiki'), await status('payroll')]).toEqual(['200', '403'])
    expect((await lab.lockgate(['token', 'revoke', 'nobody'])).code).toBe(1)
    await token('revoke', issued.tokens[0]?.id ?? '')
    await expect.poll(() => status('wiki'), { timeout: 3_000 }).toBe('401')
    expect((await token('list')).tokens.map((one) => one.revokedAt !== null)).toEqual([true])
  }, 60_000)

  it('takes one wave out and leaves the other', async () => {
    const { lab } = world
    await world.apply('identity', '--wave', 'rest', '--mode', 'canary', '--canary', '40')
    expect(await world.because('identity')).toMatch(/the wave rest is not enforced yet: wiki \(canary, 40 %\)/)
    const out = await lab.lockgate(['rollback', 'identity', '--wave', 'rest', '--yes'])
    expect(out.code, say(out)).toBe(0)
    await lab.lockgate(['confirm'])
    expect(await world.because('identity')).toMatch(/not applied yet for wiki:/)
    await world.apply('identity', '--wave', 'rest')
    expect(await world.because('identity')).not.toContain('gate.')
  }, 300_000)

  it('shuts for an application that still signs people in, one that verifies nothing, and a firewall that is gone', async () => {
    const { lab, config } = world
    const source = join(lab.work, 'wiki-source')
    mkdirSync(source)
    writeFileSync(join(source, 'package.json'), '{ "dependencies": { "express": "5.1.0", "bcrypt": "6.0.0" } }')
    writeFileSync(join(source, 'app.js'), loginCode)
    lab.yaml({ ...config, backends: config.backends.map((one) => (one.id === 'wiki' ? { ...one, source } : one)) })
    await world.replaceBackend('wiki', async () => {
      const child = await lab.spawn('wiki', [...program('legacy-backend.ts'), '8080'])
      await child.until((stdout) => stdout.includes('listening'))
      return child
    })
    await world.replaceBackend('payroll', () => lab.startBackend('payroll'))
    await lab.run('wiki', ['nft', 'flush', 'table', 'inet', 'lockgate'])
    const faulty = await world.verify('identity')
    keepFacts(lab, faulty, 'fail')
    expect(failed(faulty, 'wiki'), say(faulty.reasons)).toEqual([
      'identity.backend-forged',
      'identity.login-live',
      'identity.code-joined',
      'identity.legacy-auth',
      'identity.cookie',
      'identity.local-accounts',
    ])
    expect(failed(faulty, 'payroll')).toEqual(['identity.token-binding'])
  }, 300_000)

  it('shuts where the edge is a proxy that believes everybody, and says nothing where there is none', async () => {
    const edge = await world.carelessEdge()
    try {
      const careless = await world.verify('identity', '--backend', 'payroll')
      keepFacts(world.lab, careless, 'fail', 'payroll')
      expect(failed(careless, 'payroll'), say(careless.reasons)).toEqual(
        expect.arrayContaining([
          'identity.anonymous',
          'identity.forged-header',
          'identity.header-variants',
          'identity.forwarded-uri',
          'identity.legacy-auth',
          'identity.token-binding',
        ]),
      )
    } finally {
      await edge.stop()
    }
    const dead = await world.verify('identity', '--backend', 'payroll')
    keepFacts(world.lab, dead, 'error', 'payroll')
    const passed = dead.evidence.filter((one) => one.verdict.status === 'pass').map((one) => one.check)
    expect([...new Set(passed)]).toEqual(['identity.mfa-claim'])
  }, 300_000)
})

/** Every plane with every provider is `npm run matrix`; at Keycloak see keycloak.test.ts. */
const providers = { nginx: 'oidc-provider', apache: 'entra-shaped', envoy: 'entra-shaped' } as const

for (const plane of engineIds.filter((one) => one !== 'builtin'))
  describe.skipIf(!have('netns', 'nft', 'openssl', plane))(
    `stage identity on ${plane} with ${providers[plane]} (netns, nft, openssl, ${plane})`,
    () => {
      let world: IdentityWorld
      beforeAll(async () => {
        world = await createIdentityWorld(plane, { kind: providers[plane] })
      })
      afterAll(() => world?.close())

      // One plane: the message is the same for all, and takes as long as the proof is waited for.
      it.runIf(plane === 'apache')(
        'says how the gateway beside it is started',
        async () => {
          await world.apply('consolidate')
          const { code, answer } = await world.lab.lockgate(['apply', 'identity', '--yes'])
          expect([code, say(answer)]).toEqual([3, expect.stringContaining('`lockgate gateway --edge edge`')])
        },
        120_000,
      )

      it('opens, consolidate stays open, and goes back', async () => {
        await world.startGateway()
        await world.apply('consolidate')
        await world.apply('identity')
        await world.login('ben')
        const opened = await world.verify('identity')
        expect(opened.reasons, say(opened.reasons)).toEqual([])
        expect([opened.code, await world.because('consolidate')]).toEqual([0, ''])
        expect(await statusAt(world.lab, 'wiki')).toBe('401')
        const back = await world.lab.lockgate(['rollback', 'identity', '--yes'])
        expect(back.code, say(back)).toBe(0)
        // A worker of the generation before may take a last connection.
        await expect.poll(() => statusAt(world.lab, 'wiki'), { timeout: 5_000 }).toBe('200')
      }, 600_000)
    },
  )
