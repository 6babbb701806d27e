import { describe, expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { expectGolden } from '../../../test/golden.ts'
import { hostModel, settingsOf } from '../../../test/model.ts'
import { compose } from './compose.ts'
import { readPublishedPort } from './published-port.ts'

const file = '/srv/app/compose.yaml'
const payroll = { id: 'payroll', public: 'http://payroll.acme.test', upstream: 'http://127.0.0.1:8080' }
const orders = { id: 'orders', public: 'http://orders.acme.test', upstream: 'http://10.20.0.11:8081' }
const model = (backends: readonly object[], host = {}) =>
  hostModel(
    settingsOf({ backends: backends as Record<string, unknown>[], host: { firewall: { compose: file }, ...host } }),
  )
const render = (text: string, backends: readonly object[] = [payroll], host = {}) =>
  compose.render(model(backends, host), { [file]: text })

const app = `
services:
  web:
    image: web
    ports: ["8080:80", "9464:9464", "5353:53/udp", "3000-3002:3000-3002"]
  api:
    image: api
    ports:
      - { target: 8000, published: 8081 }
  db:
    image: db
    expose: ["5432"]
`

describe('compose', () => {
  test('binds upstream ports to where the edge asks and keeps the others', () => {
    const { target } = render(app, [payroll, orders], { close: [9464] })
    expect(target.files.map((one) => one.path)).toEqual(['/srv/app/lockgate.override.yaml'])
    expectGolden(new URL('testdata/lockgate.override.yaml', import.meta.url), target.files[0]?.content)
  })

  test('says how to use the override, in a way that can be looked up', () => {
    const [step] = render(app).steps
    expect(step).toMatchObject({ file: '/srv/app', expects: ':lockgate.override.yaml' })
    expect(render(app).target.files[0]?.content).not.toContain(step?.expects)
  })

  test('others: close publishes nothing but keep', () => {
    const { target } = render(app, [payroll], { others: 'close', keep: [9464] })
    const { services } = parseDocument(target.files[0]?.content ?? '', { logLevel: 'silent' }).toJS()
    expect(services.web.ports.map((one: { published: string }) => one.published)).toEqual(['8080', '9464', '5353'])
    expect(services.api).toEqual({ ports: [], expose: ['8000'] })
  })

  test('a service that the edge asks by name is published no more', () => {
    const inner = { ...payroll, upstream: 'http://web:80' }
    const { target, gaps } = render(app, [inner])
    const { services } = parseDocument(target.files[0]?.content ?? '', { logLevel: 'silent' }).toJS()
    expect(services.web.expose).toEqual(['80'])
    expect(gaps).toEqual([])
  })

  test.each<[string, string, readonly object[]]>([
    ['an address that users reach too', app, [orders]],
    ['a port that no service publishes', app, [{ ...payroll, upstream: 'http://127.0.0.1:9999' }]],
    ['a variable', 'services: { web: { ports: ["$PORT:80"] } }', [payroll]],
    ['the network of the host', 'services: { web: { network_mode: host } }', [payroll]],
    ['no YAML', 'services: [', [payroll]],
    [
      'an alias bomb',
      `a: &a [x,x]\n${[...'bcdefghij'].map((c, i) => `${c}: &${c} [${`*${'abcdefghij'[i]},`.repeat(9)}]`).join('\n')}`,
      [payroll],
    ],
  ])('%s is a required gap', (_title, text, backends) =>
    expect(render(text, backends).gaps).toContainEqual(expect.objectContaining({ required: true })),
  )

  test('a file that is not there is a required gap', () =>
    expect(compose.render(model([payroll]), {}).gaps).toMatchObject([{ required: true }]))

  test('the part of a backend stays when another one comes', () =>
    expect(render(app, [payroll, orders]).target.parts.payroll).toEqual(render(app).target.parts.payroll))

  test.each([
    ['80', null, null, [80, 80], 'tcp'],
    [80, null, null, [80, 80], 'tcp'],
    ['8080:80', null, [8080, 8080], [80, 80], 'tcp'],
    ['127.0.0.1:8080:80/udp', '127.0.0.1', [8080, 8080], [80, 80], 'udp'],
    ['[::1]:8080:80', '::1', [8080, 8080], [80, 80], 'tcp'],
    ['127.0.0.1::80', '127.0.0.1', null, [80, 80], 'tcp'],
    ['3000-3005:3000-3005', null, [3000, 3005], [3000, 3005], 'tcp'],
    [{ target: 80, published: '8080', host_ip: '::' }, '::', [8080, 8080], [80, 80], 'tcp'],
  ])('reads %j', (entry, hostIp, published, target, protocol) =>
    expect(readPublishedPort(entry)).toEqual({ hostIp, published, target, protocol }),
  )

  test.each([['$PORT:80'], ['a:80'], [''], [null], [{}], ['8080:'], [{ target: 80, host_ip: 'x' }]])(
    'does not guess %j',
    (entry) => expect(readPublishedPort(entry)).toBeNull(),
  )
})
