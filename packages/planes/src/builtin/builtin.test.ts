import { features, type GatewayConfig, gatewayConfigSchema, generationHost, LockgateError } from '@lockgate/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitrarySettings } from '../../test/arbitrary-settings.ts'
import { expectGolden } from '../../test/golden.ts'
import { edgeModel, settingsOf } from '../../test/model.ts'
import { builtin } from './builtin.ts'

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
