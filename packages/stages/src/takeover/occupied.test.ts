import { type Backend, type Edge, parseOrigin, type Route } from '@lockgate/model'
import { expect, test } from 'vitest'
import { occupied, openRemovals } from './occupied.ts'

const edge = { id: 'front', vhosts: 'ours', config: '/etc/nginx/lockgate', via: 'local' } as unknown as Edge
const backend = {
  id: 'payroll',
  edge: 'front',
  public: parseOrigin('http://payroll.acme.test'),
  upstream: parseOrigin('http://10.20.0.11:8080'),
} as unknown as Backend

const route = (changes: Partial<Route>): Route => ({
  name: 'payroll.acme.test',
  listen: ['http://0.0.0.0:80'],
  path: '/',
  upstreams: [],
  file: '/etc/nginx/sites-enabled/payroll',
  line: 3,
  ...changes,
})

test.each<[string, Partial<Route>, 'exact' | 'pattern' | null]>([
  ['the name itself', {}, 'exact'],
  ['the name in capitals, with its port', { name: 'Payroll.Acme.Test:80' }, 'exact'],
  ['a listener whose port is not known', { listen: [] }, 'exact'],
  ['another port', { listen: ['http://0.0.0.0:8081'] }, null],
  ['another name', { name: 'wiki.acme.test' }, null],
  ['a file of our own', { file: '/etc/nginx/lockgate/backend-payroll.conf' }, null],
  ['a wildcard', { name: '*.acme.test' }, 'pattern'],
  ['a wildcard of another domain', { name: '*.acme.example' }, null],
  ['a wildcard at the end', { name: 'payroll.*' }, 'pattern'],
  ['a regular expression', { name: '~^pay.*\\.acme\\.test$' }, 'pattern'],
  ['a regular expression that this program cannot read', { name: '~(?<x' }, null],
  ['the default, which leads elsewhere', { name: '*', upstreams: ['http://10.20.0.12:8080'] }, null],
  ['the default, which leads to the backend', { name: '*', upstreams: ['http://10.20.0.11:8080'] }, 'pattern'],
])('%s', (_, changes, expected) => {
  const [found] = occupied(edge, [backend], [route(changes)])
  expect(found === undefined ? null : found.exact ? 'exact' : 'pattern').toBe(expected)
})

test('is asked about once, however many paths the virtual host has', () => {
  expect(occupied(edge, [backend], [route({}), route({ path: '/api', line: 9 })])).toHaveLength(1)
})

test('is nothing where the operator keeps the virtual hosts', () => {
  expect(occupied({ ...edge, vhosts: 'theirs' }, [backend], [route({})])).toEqual([])
})

test('only a virtual host of the exact name is to be removed', async () => {
  const steps = await openRemovals({ edges: [edge], backends: [backend] }, async () => [
    route({}),
    route({ name: '*.acme.test', line: 20 }),
  ])
  expect(steps.map((one) => [one.file, one.line, one.expects])).toEqual([['/etc/nginx/sites-enabled/payroll', 3, null]])
})
