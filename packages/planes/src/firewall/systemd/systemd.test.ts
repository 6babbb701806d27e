import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { describe, expect, test } from 'vitest'
import { expectGolden } from '../../../test/golden.ts'
import { hostModel, settingsOf } from '../../../test/model.ts'
import { systemd } from './systemd.ts'

const canVerify = spawnSync('systemd-analyze', ['--version']).status === 0
const payroll = { id: 'payroll', public: 'http://payroll.acme.test', upstream: 'http://10.20.0.11:8080' }
const render = (unit: string, host = {}) =>
  systemd.render(hostModel(settingsOf({ backends: [payroll], host: { firewall: { systemd: unit }, ...host } })), {})

describe('systemd', () => {
  test('writes a drop-in', () => {
    const { target } = render('payroll')
    expect(target.files[0]?.path).toBe('/etc/systemd/system/payroll.service.d/lockgate.conf')
    expectGolden(new URL('testdata/lockgate.conf', import.meta.url), target.files[0]?.content)
  })

  test('shows its generation in what systemd has loaded', () => {
    const { target } = render('payroll.service')
    expect(target.reload).toEqual([['systemctl', 'daemon-reload']])
    expect(target.proof).toMatchObject({
      argv: ['systemctl', 'show', '--property=Documentation', '--value', 'payroll.service'],
    })
    expect(target.files[0]?.content).toContain(target.proof?.expect)
  })

  test.each([
    ['web.socket', '[Socket]'],
    ['apps.slice', '[Slice]'],
    ['app@1.service', '[Service]'],
  ])('%s has %s', (unit, section) => expect(render(unit).target.files[0]?.content).toContain(`\n${section}\n`))

  test('refuses units without addresses', () => expect(() => render('nightly.timer')).toThrow(LockgateError))

  test('says what it can not do', () => {
    const features = (host: object) => render('payroll', host).gaps.map((one) => one.feature)
    expect(features({})).toEqual(['firewall-outbound', 'firewall-running'])
    expect(features({ others: 'close', keep: [22] })).toEqual([
      'firewall-outbound',
      'firewall-running',
      'firewall-others',
      'firewall-keep',
    ])
  })

  test.runIf(canVerify)('systemd accepts the drop-in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockgate-systemd-'))
    try {
      const unit = join(folder, 'lockgate-test.service')
      writeFileSync(unit, '[Service]\nExecStart=/bin/true\n')
      mkdirSync(`${unit}.d`)
      writeFileSync(join(`${unit}.d`, 'lockgate.conf'), render('lockgate-test').target.files[0]?.content ?? '')
      const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:/usr/lib/systemd/system` }
      const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', unit], {
        encoding: 'utf8',
        env,
      })
      expect(stderr.split('\n').filter((line) => line.includes('lockgate'))).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
