import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { features, generationHost, LockgateError } from '@lockgate/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitrarySettings } from '../../test/arbitrary-settings.ts'
import { findEnvoy } from '../../test/envoy-process.ts'
import { expectGolden } from '../../test/golden.ts'
import { edgeModel, settingsOf, withIdentity } from '../../test/model.ts'
import { envoy } from './envoy.ts'

const binary = findEnvoy()
const tls = { certificate: '/etc/ssl/acme.pem', key: '/etc/ssl/acme.key' }
const both = { listen: ['http://10.10.0.2:80', 'https://[fd00:10::2]:443'], tls }
const payroll = { id: 'payroll', public: 'https://payroll.acme.test', upstream: 'http://10.20.0.11:8080' }
const wiki = { id: 'wiki', public: 'http://wiki.acme.test', upstream: 'https://wiki.internal:8443' }
const render = (backends: readonly Record<string, unknown>[], edge: object = both, version: string | null = null) =>
  envoy.render(edgeModel(settingsOf({ edges: [{ plane: 'envoy', ...edge }], backends })), version)

describe('envoy', () => {
  test.each(['cds.yaml', 'lds.yaml', 'validate.yaml'])('writes %s', (name) => {
    const { target } = render([payroll, wiki])
    const file = target.files.find((one) => one.path.endsWith(`/${name}`))
    expectGolden(new URL(`testdata/${name}`, import.meta.url), file?.content)
  })

  test('puts clusters before listeners, and shows the generation by a host of its own', () => {
    const { target } = render([payroll, wiki])
    expect(target.files.map((one) => [one.path, one.order])).toEqual([
      ['/etc/lockgate/cds.yaml', 0],
      ['/etc/lockgate/lds.yaml', 1],
      ['/etc/lockgate/validate.yaml', 2],
    ])
    expect(target.proof).toMatchObject({ host: generationHost(target.generation), expect: target.generation })
    expect(target.files[1]?.content).toContain(target.generation)
  })

  test('the parts of a backend stay when another one comes, and change with its own', () => {
    const part = (backends: readonly Record<string, unknown>[]) => render(backends).target.parts.payroll
    expect(part([payroll, wiki])).toEqual(part([payroll]))
    expect(part([{ ...payroll, limits: { timeout: '5s' } }])).not.toEqual(part([payroll]))
  })

  test('identity changes the parts of those who take part, and one that joins changes no other', () => {
    const secure = [payroll, { ...wiki, public: 'https://wiki.acme.test', identity: 'headers' }]
    const model = edgeModel(settingsOf({ edges: [{ plane: 'envoy', ...both }], backends: secure }))
    const parts = (names: readonly string[]) => envoy.render(withIdentity(model, names), null).target.parts
    const before = envoy.render(model, null).target.parts
    const [first, all] = [parts(['payroll']), parts(['payroll', 'wiki'])]
    expect(first.wiki).toEqual(before.wiki)
    expect(first.payroll).not.toEqual(before.payroll)
    expect(all.payroll).toEqual(first.payroll)
    expect(all.wiki).not.toEqual(before.wiki)
  })

  test('says what it can not do', () => {
    const gaps = (backend: object, edge: object = both, version: string | null = '1.40.0') =>
      render([{ ...payroll, ...backend }], edge, version).gaps.map((one) => [one.feature, one.required])
    expect(gaps({})).toEqual([])
    expect(gaps({}, { ...both, vhosts: 'theirs' })).toEqual([['vhosts-theirs', true]])
    expect(gaps({ paths: { 'dot-segments': 'resolve' } })).toEqual([['path-normalisation', false]])
    expect(gaps({ upstream: 'https://10.20.0.11:8443' })).toEqual([['upstream-tls-verified', false]])
    expect(gaps({ public: 'https://10.10.0.2' })).toEqual([['https', true]])
    expect(gaps({}, both, '1.34.0')).toEqual([['body-limit', false]])
    const joined = withIdentity(edgeModel(settingsOf({ edges: [{ plane: 'envoy', ...both }], backends: [payroll] })))
    expect(envoy.render(joined, '1.40.0').gaps.map((one) => [one.feature, one.required])).toEqual([
      ['open-streams', false],
    ])
    expect(Object.keys(envoy.supports).sort()).toEqual([...features].sort())
  })

  test('refuses an https listener without a certificate', () =>
    expect(() => render([wiki], { listen: both.listen })).toThrow(LockgateError))

  test('reads the version', () =>
    expect(envoy.readVersion('envoy  version: 9e55/1.40.0/Clean/RELEASE/BoringSSL')).toBe('1.40.0'))

  test.runIf(binary !== null)('Envoy accepts the files of any edge', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockgate-envoy-validate-'))
    const pair = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=acme']
    spawnSync('openssl', ['req', '-x509', ...made, '-keyout', pair.key, '-out', pair.certificate])
    try {
      fc.assert(
        fc.property(arbitrarySettings('envoy', pair), fc.boolean(), (settings, isSecond) => {
          const model = edgeModel(settings)
          const { target } = envoy.render(isSecond ? withIdentity(model) : model, null)
          const file = join(folder, 'validate.yaml')
          writeFileSync(file, target.files.find((one) => one.order === 2)?.content ?? '')
          const { status, stderr } = spawnSync(binary as string, ['--mode', 'validate', '-l', 'critical', '-c', file])
          expect({ status, stderr: String(stderr).slice(0, 2_000) }).toEqual({ status: 0, stderr: '' })
        }),
        { numRuns: 30, interruptAfterTimeLimit: 40_000 },
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
