import { features, type GatewayConfig, gatewayConfigSchema, generationHost, LockgateError } from '@lockgate/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitrarySettings } from '../../test/arbitrary-settings.ts'
import { expectGolden } from '../../test/golden.ts'
import { edgeModel, settingsOf, withIdentity } from '../../test/model.ts'
import { builtin } from './builtin.ts'
import { decisionFiles, decisionParts } from './gateway-config.ts'

const tls = { certificate: '/etc/ssl/acme.pem', key: '/etc/ssl/acme.key' }
const payroll = { id: 'payroll', public: 'http://payroll.acme.test', upstream: 'http://10.20.0.11:8080' }
const wiki = { id: 'wiki', public: 'http://wiki.acme.test', upstream: 'https://wiki.internal:8443' }
const render = (backends: readonly Record<string, unknown>[], edge = {}) =>
  builtin.render(edgeModel(settingsOf({ edges: [edge], backends })), null)
const parse = (content: string | undefined): GatewayConfig => gatewayConfigSchema.parse(JSON.parse(content ?? ''))

describe('builtin', () => {
  test('writes gateway.json', () => {
    const listen = ['http://0.0.0.0:80', 'https://[::]:443']
    const { target } = render([payroll, wiki], { listen, tls })
    expect(target.files.map((one) => one.path)).toEqual(['/etc/lockgate/gateway.json'])
    expectGolden(new URL('testdata/gateway.json', import.meta.url), target.files[0]?.content)
  })

  test('is proven at each listener by the host that only this generation knows', () => {
    const { target } = render([payroll], {
      listen: ['http://0.0.0.0:80', 'https://[::]:443', 'http://10.10.0.2:81'],
      tls,
    })
    expect(target.proof).toEqual({
      kind: 'http',
      urls: ['http://127.0.0.1:80/', 'https://[::1]:443/', 'http://10.10.0.2:81/'],
      host: generationHost(target.generation),
      expect: target.generation,
    })
    expect(parse(target.files[0]?.content).generation).toBe(target.generation)
  })

  test('the parts of a backend stay when another one comes', () => {
    expect(render([payroll, wiki]).target.parts.payroll).toEqual(render([payroll]).target.parts.payroll)
    expect(render([payroll, wiki]).target.generation).not.toBe(render([payroll]).target.generation)
  })

  test('says what it can not do', () => {
    expect(render([payroll], { vhosts: 'theirs' }).gaps).toMatchObject([{ feature: 'vhosts-theirs', required: true }])
    expect(render([wiki]).gaps).toMatchObject([{ backend: 'wiki', feature: 'upstream-tls-verified', required: false }])
    expect(Object.keys(builtin.supports).sort()).toEqual([...features].sort())
  })

  test('refuses a name to listen at', () =>
    expect(() => render([payroll], { listen: ['http://front.acme.test:80'] })).toThrow(LockgateError))

  test('every configuration becomes a file that the gateway accepts', () => {
    fc.assert(
      fc.property(arbitrarySettings('builtin', tls), (settings) => {
        const config = parse(builtin.render(edgeModel(settings), null).target.files[0]?.content)
        expect(config.backends.length).toBe(settings.backends.length)
      }),
      { numRuns: 100 },
    )
  })
})

describe('stage identity', () => {
  const tlsEdge = { listen: ['https://10.10.0.2:443'], tls }
  const secure = [payroll, wiki].map((one) => ({ ...one, public: one.public.replace('http:', 'https:') }))
  const model = edgeModel(settingsOf({ edges: [tlsEdge], backends: secure }))
  const [first] = model.backends as [(typeof model.backends)[number]]

  test('the builtin gateway gets it for the backends that take part', () => {
    const config = parse(builtin.render(withIdentity(model, ['payroll']), null).target.files[0]?.content)
    expect(config).toMatchObject({ role: 'proxy', identity: { servesLogin: true, decide: [] } })
    const kinds = config.backends.map((one) => [one.id, one.identity ?? null])
    expect(kinds).toEqual([
      ['payroll', { kind: 'none', mode: 'enforce', percent: 100 }],
      ['wiki', null],
    ])
  })

  test('a decision point gets these backends alone, and no public address', () => {
    const [file] = decisionFiles(withIdentity(model, ['payroll']), 'sha256:1')
    const config = parse(file?.content)
    expect(config).toMatchObject({ role: 'decide', listen: [], tls: null, accessLog: null, generation: 'sha256:1' })
    expect(config.identity?.decide).toEqual(['unix:/run/lockgate.sock'])
    expect(config.backends.map((one) => one.id)).toEqual(['payroll'])
    expect(decisionFiles(model, 'sha256:1')).toEqual([])
  })

  test('the parts of a backend stay when another one joins, and change with its own mode', () => {
    const alone = withIdentity(model, ['payroll'])
    expect(decisionParts(withIdentity(model), first)).toEqual(decisionParts(alone, first))
    const observed = withIdentity(model, [], { rollout: { payroll: { mode: 'observe', percent: 0 } } })
    expect(decisionParts(observed, first)).not.toEqual(decisionParts(alone, first))
    expect(decisionParts(withIdentity(model, ['wiki']), first)).toEqual([])
  })

  test('a backend named as a property of every object takes no part by that', () => {
    const odd = edgeModel(settingsOf({ edges: [tlsEdge], backends: [{ ...secure[0], id: 'constructor' }] }))
    expect(parse(builtin.render(withIdentity(odd, []), null).target.files[0]?.content).backends[0]?.identity).toBe(
      undefined,
    )
  })
})
