import type { Edge, Route } from '@lockgate/model'
import { expect, test } from 'vitest'
import { exampleName, isListed, upstreamEndpoint } from './route-match.ts'

const edges = [{ listen: [{ port: 80 }, { port: 443 }] }] as unknown as readonly Edge[]
const route = (name: string, ...listen: string[]) => ({ name, listen }) as unknown as Route

test.each([
  ['payroll.test', ['443 ssl'], true],
  ['PAYROLL.test.', ['[::]:80'], true],
  ['payroll.test:443', ['10.0.0.1:443'], true],
  ['payroll.test', [], true],
  ['payroll.test', ['8443'], false],
  ['payroll.test', ['80', '127.0.0.1:9000'], false],
  ['hr.test', ['443'], false],
  ['*', ['443'], false],
  ['*.test', ['443'], false],
  ['', ['443'], false],
] as const)('%s at %j is listed: %s', (name, listen, expected) =>
  expect(isListed(route(name, ...listen), ['https://payroll.test'], edges)).toBe(expected),
)

test.each([
  ['http://10.0.0.1:8080/base', { host: '10.0.0.1', port: 8080 }],
  ['https://app.corp', { host: 'app.corp', port: 443 }],
  ['http://[fd00::1]:8080', { host: 'fd00::1', port: 8080 }],
  ['10.0.0.1:8080', { host: '10.0.0.1', port: 8080 }],
  ['http://unix:/run/app.sock', null],
])('%s', (text, expected) => expect(upstreamEndpoint(text)).toEqual(expected))

test.each([
  ['hr.test', 'hr.test'],
  ['*.test', 'unlisted.test'],
  ['.test', 'unlisted.test'],
  ['hr.*', 'hr.invalid'],
  ['_', 'unlisted.lockgate.invalid'],
  ['*', 'unlisted.lockgate.invalid'],
  ['~^(?<x>.+)\\.test$', 'unlisted.lockgate.invalid'],
  ['_default_', 'unlisted.lockgate.invalid'],
  ['', 'unlisted.lockgate.invalid'],
])('an example of %s is %s', (name, expected) => expect(exampleName(name)).toBe(expected))
