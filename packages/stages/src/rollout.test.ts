import { parseConfig } from '@lockgate/model'
import { describe, expect, it } from 'vitest'
import { configDigest } from './config-digest.ts'
import { edgeIdentity, identityGaps } from './edge-identity.ts'
import { decideGate } from './gate.ts'
import { foldHistory } from './history.ts'
import type { LogRecord } from './records.ts'
import { renderStage } from './render-stage.ts'
import { rolledOut, rolloutsOf, wanted } from './rollout.ts'

const yaml = (more = '') => `
version: 1
gate: { sweep: usual }
edges:
  - { id: front, plane: builtin, via: local, addresses: [10.0.0.2], listen: ["https://10.0.0.2:443"], config: /srv/front, tls: { certificate: /a.pem, key: /a.key } }
  - { id: back, plane: builtin, via: { netns: back }, addresses: [10.0.0.3], listen: ["https://10.0.0.3:443"], config: /srv/back, tls: { certificate: /a.pem, key: /a.key } }
backends:
  - { id: payroll, edge: front, public: "https://payroll.acme.test", upstream: "http://10.0.1.1:8080", wave: one,
      host: { via: local, addresses: [10.0.1.1], firewall: { none: test } } }
  - { id: wiki, edge: front, public: "https://wiki.acme.test", upstream: "http://10.0.1.2:8080", wave: two,
      host: { via: local, addresses: [10.0.1.2], firewall: { none: test } } }
vantages: [{ id: office, stands: users, via: local }]
identity: { origin: "https://login.acme.test", issuer: "https://idp.acme.test", client: { id: lockgate } }
${more}`
const settings = parseConfig(yaml())
const facts = { versions: {}, existing: {}, listening: {}, workerGroups: {}, idpCa: null }
const ids = new Set(['payroll', 'wiki'])
const [payroll, wiki] = settings.backends as [(typeof settings.backends)[0], (typeof settings.backends)[0]]
const at = '2026-11-24T11:00:00Z'
const observe = { mode: 'observe', percent: 0 } as const
const enforce = { mode: 'enforce', percent: 100 } as const

const applied = (tx: string, rollouts: Record<string, typeof observe | typeof enforce>): LogRecord => ({
  type: 'apply',
  stage: 'identity',
  tx,
  at,
  wave: null,
  kind: 'apply',
  confirmBy: null,
  removed: [],
  targets: [],
  backends: Object.fromEntries(
    settings.backends.map((one) => {
      const identity = rollouts[one.id]
      const config = configDigest(one, settings.edges[0] as never, identity ? settings : null)
      return [one.id, { plan: `plan-${one.id}`, config, ...(identity ? { identity } : {}) }]
    }),
  ),
})
const parts = (rollouts: Parameters<typeof renderStage>[0]['rollouts'], of = settings) =>
  renderStage({ stage: 'identity', settings: of, ids, facts, rollouts })

describe('rollouts', () => {
  it('are what the newest apply that was not restored says', () => {
    const records = [applied('a', { payroll: observe }), applied('b', { payroll: enforce, wiki: observe })]
    expect(rolloutsOf(foldHistory(records))).toEqual({ payroll: enforce, wiki: observe })
    const restored: LogRecord = { type: 'restored', tx: 'b', at, because: 'late' }
    expect(rolloutsOf(foldHistory([...records, restored]))).toEqual({ payroll: observe })
  })

  it('move one wave and leave the others as they are', () => {
    expect(rolledOut({ wiki: enforce }, [payroll], 'canary', 25)).toEqual({
      wiki: enforce,
      payroll: { mode: 'canary', percent: 25 },
    })
    expect(rolledOut({ wiki: enforce, payroll: enforce }, [payroll], 'none', 0)).toEqual({ wiki: enforce })
  })

  it('are wanted of all backends by the stage identity alone', () => {
    expect(Object.keys(wanted('identity', settings, { wiki: observe }))).toEqual(['payroll', 'wiki'])
    expect(wanted('consolidate', settings, { wiki: observe })).toEqual({ wiki: observe })
  })
})

describe('renderStage with stage identity', () => {
  it('gives consolidate the same files as identity once a wave takes part', () => {
    const rollouts = { payroll: enforce }
    const consolidate = renderStage({ stage: 'consolidate', settings, ids, facts, rollouts })
    expect(consolidate.targets).toEqual(parts(rollouts).targets)
    expect(JSON.stringify(consolidate.targets)).toContain('login.acme.test')
  })

  it('changes the plan of the wave that moves, also between modes, and of no other', () => {
    const before = parts({ wiki: enforce })
    const observed = parts({ wiki: enforce, payroll: observe })
    const denied = parts({ wiki: enforce, payroll: enforce })
    expect(new Set([before, observed, denied].map((one) => one.backends.payroll)).size).toBe(3)
    expect(new Set([before, observed, denied].map((one) => one.backends.wiki)).size).toBe(1)
  })

  it('renders the edge of the login origin though no backend stands behind it', () => {
    const elsewhere = parseConfig(
      yaml('gateway: { store: "redis://10.0.0.9:6379" }').replace('client:', 'edge: back, client:'),
    )
    const { targets, gaps } = parts({ payroll: enforce }, elsewhere)
    expect(targets.map((one) => one.id)).toEqual(['edge:front', 'edge:back'])
    expect(gaps.filter((one) => one.required)).toEqual([])
    expect(
      edgeIdentity(elsewhere, elsewhere.edges[1] as never, elsewhere.backends, {}, { idpCa: null, workerGroups: {} }),
    ).toBeNull()
  })
})

const gapCases: readonly [string, string, readonly string[]][] = [
  ['nothing for https, one host and sqlite', yaml(), []],
  [
    'a plain public URL',
    yaml()
      .replace('https://10.0.0.2:443"]', 'https://10.0.0.2:443", "http://10.0.0.2:80"]')
      .replace('https://wiki', 'http://wiki'),
    ['identity-https'],
  ],
  ['sessions of two hosts on one disk', yaml().replace('client:', 'edge: back, client:'), ['identity-store']],
  ['no identity section', yaml().replace(/^identity:.*$/m, ''), ['identity-section']],
]

it.each(gapCases)('has as required gap %s', (_, text, expected) => {
  const of = parseConfig(text)
  const gaps = identityGaps(of, of.backends, wanted('identity', of, {}))
  expect(gaps.map((one) => one.feature)).toEqual(expected)
})

describe('the gate of identity', () => {
  const check = {
    id: 't.one',
    title: '',
    severity: 'blocker',
    per: 'backend',
    maps: { tenets: [], ztmm: [] },
    fix: '',
    probe: async () => null,
    judge: () => ({ status: 'pass' as const }),
  } as const
  const seen = settings.backends.map(
    ({ id }): LogRecord => ({
      type: 'evidence',
      stage: 'identity',
      evidence: {
        check: 't.one',
        backend: id,
        vantage: '-',
        at,
        plan: `plan-${id}`,
        facts: {},
        verdict: { status: 'pass' },
      },
    }),
  )
  const decide = (records: readonly LogRecord[], checks: readonly (typeof check)[] = [check], of = settings) =>
    decideGate({
      stage: 'identity',
      settings: of,
      checks,
      history: foldHistory(records),
      logProblems: [],
      now: new Date('2026-11-24T12:00:00Z'),
      acceptSimulated: false,
    }).reasons.map((one) => `${one.check}: ${one.because}`)

  it('opens once every wave is enforced', () =>
    expect(decide([applied('a', { payroll: enforce, wiki: enforce }), ...seen])).toEqual([]))
  it('names who takes no part', () =>
    expect(decide([applied('a', { payroll: enforce }), ...seen])).toEqual([
      expect.stringMatching(/^gate\.not-applied: not applied yet for wiki/),
    ]))
  it('names the wave that is only observed', () =>
    expect(decide([applied('a', { payroll: observe, wiki: enforce }), ...seen])).toEqual([
      expect.stringMatching(/^gate\.not-enforced: the wave one is not enforced yet: payroll \(observe\).*--wave one/),
    ]))
  it('is shut without a check', () =>
    expect(decide([applied('a', { payroll: enforce, wiki: enforce })], [])).toEqual([
      expect.stringMatching(/^gate\.missing: no check of identity/),
    ]))
  it('is foreign once another issuer is named, for those who take part', () => {
    const other = parseConfig(yaml().replace('https://idp.', 'https://idp2.'))
    expect(decide([applied('a', { payroll: enforce, wiki: enforce }), ...seen], [check], other)).toEqual([
      expect.stringMatching(/^gate\.foreign-plan: lockgate\.yaml changed .* payroll, wiki/),
    ])
    expect(configDigest(wiki, settings.edges[0] as never, null)).toBe(
      configDigest(other.backends[1] as never, other.edges[0] as never, null),
    )
  })
})
