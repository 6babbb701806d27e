import { type Backend, type Io, LockgateError, stageIds } from '@lockgate/model'
import { describe, expect, test } from 'vitest'
import { checkById, checksOf } from './index.ts'

const checks = [...checksOf('consolidate'), ...checksOf('identity')]

/** The catalogue, the positive controls before each stage, and what was added to it: full-sweep, open-redirect, idp-client. */
const consolidate = [
  'brokered',
  'tcp-direct',
  'vantage-set',
  'port-sweep',
  'full-sweep',
  'admin-ports',
  'ipv6',
  'docker-publish',
  'kubernetes-side',
  'host-sni',
  'vhost-bypass',
  'old-dns',
  'bind-address',
  'absolute-links',
  'flow-residue',
]
const identity = [
  'session-reaches',
  'anonymous',
  'forged-header',
  'header-variants',
  'forwarded-uri',
  'backend-forged',
  'login-live',
  'code-joined',
  'legacy-auth',
  'cookie',
  'mfa-claim',
  'token-binding',
  'logout',
  'open-redirect',
  'local-accounts',
  'idp-client',
]

const skips: Readonly<Record<string, readonly string[]>> = {
  'consolidate.ipv6': ['host-has-no-ipv6'],
  'consolidate.docker-publish': ['no-container-runtime'],
  'consolidate.kubernetes-side': ['not-kubernetes'],
  'consolidate.old-dns': ['no-former-names'],
  'consolidate.flow-residue': ['no-flow-log-declared'],
  'identity.code-joined': ['no-source-declared'],
  'identity.local-accounts': ['no-source-declared'],
  'identity.idp-client': ['no-admin-credentials'],
}

test('the list is the catalogue, in order', () =>
  expect(checks.map((one) => one.id)).toEqual([
    ...consolidate.map((one) => `consolidate.${one}`),
    ...identity.map((one) => `identity.${one}`),
  ]))

test('stages that are not built have no checks', () =>
  expect(stageIds.filter((one) => checksOf(one).length > 0)).toEqual(['consolidate', 'identity']))

describe.each(checks.map((one) => [one.id, one] as const))('%s', (id, check) => {
  test('is found by its id', () => expect(checkById(id)).toBe(check))
  test('is a blocker, but for bind-address', () =>
    expect(check.severity).toBe(id === 'consolidate.bind-address' ? 'warning' : 'blocker'))
  test('may be skipped for what the catalogue lists', () => expect(check.skips ?? []).toEqual(skips[id] ?? []))
  test('needs checks that come before it', () => {
    const before = checks.slice(0, checks.indexOf(check)).map((one) => one.id)
    for (const need of check.needs ?? []) expect(before).toContain(need)
  })
  test('links to its playbook and says what it contributes to', () => {
    expect(check.fix).toBe(id.replace('.', '.md#'))
    expect(check.maps.tenets.length * check.maps.ztmm.length).toBeGreaterThan(0)
  })
})

test('an unknown id is no check', () => expect(checkById('consolidate.nothing')).toBeNull())

test('an interrupted probe throws and gives no facts', async () => {
  const io = {
    signal: AbortSignal.abort(),
    once: (_key: string, work: () => Promise<unknown>) => work(),
  } as unknown as Io
  const edge = { id: 'front', via: 'local', listen: [{ scheme: 'http', host: '10.0.0.1', port: 80 }], addresses: [] }
  const surroundings = {
    ...io,
    at: { vantage: { id: 'office' } },
    edge: { edge },
    hosts: [],
    edges: [],
  } as unknown as Io
  const backend = {
    upstream: { host: '10.0.0.2', port: 80 },
    public: { scheme: 'http', port: 80, host: 'a.test', origin: 'http://a.test' },
    hosts: [],
  }
  await expect(checkById('consolidate.brokered')?.probe(backend as unknown as Backend, surroundings)).rejects.toThrow(
    LockgateError,
  )
})
