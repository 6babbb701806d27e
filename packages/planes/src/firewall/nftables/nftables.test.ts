import { spawnSync } from 'node:child_process'
import { LockgateError } from '@lockgate/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitrarySettings } from '../../../test/arbitrary-settings.ts'
import { expectGolden } from '../../../test/golden.ts'
import { hostModel, settingsOf } from '../../../test/model.ts'
import { nftables } from './nftables.ts'
import { printRule, rule } from './ruleset.ts'

const canCheck = process.getuid?.() === 0 && spawnSync('nft', ['--version']).status === 0
test.runIf(process.env.CI === 'true')('nft can be asked here', () => expect(canCheck).toBe(true))

const edges = [{ id: 'front' }, { id: 'side', addresses: ['10.11.0.0/24', '10.11.0.9'], listen: ['http://0.0.0.0:81'] }]
const payroll = { id: 'payroll', public: 'http://payroll.acme.test', upstream: 'http://10.20.0.11:8080' }
const wiki = { id: 'wiki', edge: 'side', public: 'http://wiki.acme.test:81', upstream: 'http://[fd00:20::11]:8082' }
const render = (backends: readonly object[], host = {}) =>
  nftables.render(hostModel(settingsOf({ edges, backends: backends as Record<string, unknown>[], host })), {})

describe('nftables', () => {
  test('prints the rules of a host', () => {
    const { target } = render([payroll, wiki], { keep: [22], close: [9464], others: 'close' })
    expectGolden(new URL('testdata/two-edges.nft', import.meta.url), target.files[0]?.content)
  })

  test('shows its generation in the rules, and another one for other rules', () => {
    const [one, other] = [render([payroll]), render([payroll], { keep: [22], others: 'close' })]
    expect(one.target.files[0]?.content).toContain(`return comment "${one.target.generation}"`)
    expect(one.target.generation).not.toBe(other.target.generation)
  })

  test('the part of a backend stays when another one comes, and changes with what closes it', () => {
    const part = (backends: readonly object[], host = {}) => render(backends, host).target.parts.payroll
    expect(part([payroll, wiki])).toEqual(part([payroll]))
    expect(part([payroll], { close: [9464] })).not.toEqual(part([payroll]))
    expect(part([payroll], { others: 'close' })).not.toEqual(part([payroll]))
    expect(part([{ ...payroll, upstream: 'http://10.20.0.11:8081' }])).not.toEqual(part([payroll]))
  })

  test('says where keep contradicts an upstream port, which stays closed', () => {
    const { gaps, target } = render([payroll], { keep: [8080, 22], others: 'close' })
    expect(gaps.find((one) => one.feature === 'firewall-keep')?.because).toContain('8080')
    expect(target.files[0]?.content).toContain('tcp dport { 22 } accept')
  })

  test.each(['8080 accept', 'a;b', '"x"', '{', 'x\ny', '', '$x', '@x', '#'])('refuses the word %j', (word) =>
    expect(() => printRule(rule('tcp', word))).toThrow(LockgateError),
  )

  test.each(['a"b', 'a\nb', '', 'x'.repeat(128)])('refuses the comment %j', (comment) =>
    expect(() => printRule({ words: ['return'], comment })).toThrow(LockgateError),
  )

  test.runIf(canCheck)('nft accepts the rules of any host', () => {
    const tls = { certificate: '/etc/ssl/acme.pem', key: '/etc/ssl/acme.key' }
    const some = arbitrarySettings('builtin', tls).filter((one) => one.backends.length > 0)
    fc.assert(
      fc.property(some, (settings) => {
        const input = nftables.render(hostModel(settings), {}).target.files[0]?.content ?? ''
        const { status, stderr } = spawnSync('nft', ['-c', '-f', '-'], { input, encoding: 'utf8' })
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      }),
      { numRuns: 40 },
    )
  })
})
