import { type Backend, type Check, type Evidence, parseConfig, type Verdict } from '@lockgate/model'
import { describe, expect, it } from 'vitest'
import { configDigest } from './config-digest.ts'
import { decideGate } from './gate.ts'
import type { GateInput } from './gate-input.ts'
import { foldHistory } from './history.ts'
import type { LogRecord } from './records.ts'

const settings = parseConfig(`
version: 1
gate: { sweep: usual }
edges: [{ id: front, plane: nginx, via: local, addresses: [10.0.0.2], listen: ["http://10.0.0.2:80"], config: /etc/nginx/lockgate }]
backends:
  - { id: payroll, edge: front, public: "http://payroll.acme.test", upstream: "http://10.0.1.1:8080", wave: one,
      host: { via: local, addresses: [10.0.1.1], firewall: { none: test } } }
  - { id: wiki, edge: front, public: "http://wiki.acme.test", upstream: "http://10.0.1.2:8080", wave: two,
      host: { via: local, addresses: [10.0.1.2], firewall: { none: test } } }
vantages: [{ id: office, stands: users, via: local }, { id: front, stands: proxy, via: local }]
`)

const now = new Date('2026-11-24T12:00:00Z')
const at = '2026-11-24T11:00:00Z'
const check = (id: string, more: Partial<Check> = {}): Check => ({
  id,
  title: id,
  severity: 'blocker',
  per: 'vantage',
  maps: { tenets: [], ztmm: [] },
  fix: '',
  probe: async () => null,
  judge: () => ({ status: 'pass' }),
  ...more,
})
const checks = [
  check('t.direct'),
  check('t.dns', { per: 'backend', skips: ['no-former-names'] }),
  check('t.bind', { severity: 'warning', warningWhile: 't.direct' }),
  check('t.sweep', { sweep: 'full' }),
]

const evidence = (backend: string, id: string, verdict: Verdict, more: Partial<Evidence> = {}): LogRecord => ({
  type: 'evidence',
  stage: 'consolidate',
  evidence: {
    check: id,
    backend,
    vantage: id === 't.dns' ? '-' : 'office',
    at,
    plan: `plan-${backend}`,
    facts: {},
    verdict,
    ...more,
  },
})
const applied = (ids: readonly string[], more: object = {}): LogRecord => ({
  type: 'apply',
  stage: 'consolidate',
  tx: `tx-${ids.join()}`,
  at,
  wave: null,
  kind: 'apply',
  confirmBy: null,
  removed: [],
  targets: [],
  backends: Object.fromEntries(
    settings.backends
      .filter((one: Backend) => ids.includes(one.id))
      .map((one: Backend) => [
        one.id,
        { plan: `plan-${one.id}`, config: configDigest(one, settings.edges[0] as never, null) },
      ]),
  ),
  ...more,
})
const live = (more: object = {}): LogRecord => ({
  type: 'live',
  stage: 'consolidate',
  at,
  drift: {},
  openSteps: [],
  gaps: [],
  demoted: [],
  ...more,
})
const passing = ['payroll', 'wiki'].flatMap((one) => [
  evidence(one, 't.direct', { status: 'pass' }),
  evidence(one, 't.dns', { status: 'skip', because: 'no-former-names' }),
])
const good: readonly LogRecord[] = [applied(['payroll', 'wiki']), live(), ...passing]

const decide = (records: readonly LogRecord[], more: Partial<GateInput> = {}) =>
  decideGate({
    stage: 'consolidate',
    settings,
    checks,
    history: foldHistory(records),
    logProblems: [],
    now,
    acceptSimulated: false,
    ...more,
  })

const shutCases: readonly [string, readonly LogRecord[], Partial<GateInput>, string][] = [
  ['a fail', [...good, evidence('payroll', 't.direct', { status: 'fail', because: 'open' })], {}, 't.direct'],
  ['an error', [...good, evidence('payroll', 't.direct', { status: 'error', because: 'down' })], {}, 't.direct'],
  [
    'a skip for another cause',
    [...good, evidence('payroll', 't.dns', { status: 'skip', because: 'lazy' })],
    {},
    't.dns',
  ],
  ['no evidence', [applied(['payroll', 'wiki']), live()], {}, 'gate.missing'],
  ['old evidence', good, { now: new Date('2026-11-26T12:00:00Z') }, 'gate.stale'],
  ['evidence from the future', good, { now: new Date('2026-11-24T10:00:00Z') }, 'gate.stale'],
  [
    'evidence of another plan',
    [...good, evidence('wiki', 't.direct', { status: 'pass' }, { plan: 'other' })],
    {},
    'gate.foreign-plan',
  ],
  [
    'evidence of no plan',
    [...good, evidence('wiki', 't.direct', { status: 'pass' }, { plan: null })],
    {},
    'gate.foreign-plan',
  ],
  [
    'a file changed by hand',
    [...good, live({ drift: { 'edge:front': ['a.conf was changed by hand'] } })],
    {},
    'gate.foreign-plan',
  ],
  ['one wave of two', [applied(['payroll']), live(), ...passing], {}, 'gate.not-applied'],
  [
    'a change that waits',
    [applied(['payroll', 'wiki'], { confirmBy: '2026-11-24T12:05:00Z' }), live(), ...passing],
    {},
    'gate.unconfirmed',
  ],
  [
    'a change that was restored',
    [...good, { type: 'restored', tx: 'tx-payroll,wiki', at, because: 'late' }],
    {},
    'gate.not-applied',
  ],
  ['a damaged log', good, { logProblems: ['record 3 was edited'] }, 'gate.tampered'],
  ['an open step', [...good, live({ openSteps: ['include it'] })], {}, 'gate.steps-open'],
  [
    'a required gap',
    [...good, live({ gaps: [{ edge: 'front', backend: null, feature: 'x', because: 'y', required: true }] })],
    {},
    'gate.gap',
  ],
  ['the only users vantage on the proxy', [...good, live({ demoted: ['office'] })], {}, 'gate.no-user-vantage'],
  [
    'a clock that was set back to when evidence was young',
    [...good, { type: 'gate', stage: 'consolidate', at: '2026-11-26T12:00:00Z', gate: 'shut', reasons: 1 }],
    {},
    'gate.stale',
  ],
  [
    'evidence of a clock that was ahead, once its time has come',
    [
      applied(['payroll', 'wiki']),
      live(),
      ...passing,
      { type: 'gate', stage: 'consolidate', at: '2026-11-20T12:00:00Z', gate: 'open', reasons: 0 },
    ],
    {},
    'gate.stale',
  ],
  [
    'break-glass, also where a record says that it was confirmed',
    [
      ...good,
      applied([], { tx: 'glass', kind: 'break-glass', confirmBy: '2026-11-24T12:05:00Z' }),
      { type: 'confirmed', tx: 'glass', at },
    ],
    {},
    'gate.unconfirmed',
  ],
  ['no backends', good, { settings: { ...settings, backends: [] } }, 'gate.no-backends'],
  [
    'simulated evidence',
    [...good, evidence('wiki', 't.direct', { status: 'pass' }, { simulated: true })],
    {},
    'gate.simulated',
  ],
  ['a missing full sweep', good, { settings: { ...settings, sweep: 'full' } }, 'gate.sweep-missing'],
  [
    'a full sweep that found something',
    [...good, evidence('wiki', 't.sweep', { status: 'fail', because: 'port 9' })],
    {},
    't.sweep',
  ],
]

const waiver = (until: string, more: object = {}): LogRecord => ({
  type: 'waiver',
  check: 't.direct',
  backend: 'payroll',
  owner: 'ana',
  reason: 'moving',
  until,
  at,
  ...more,
})
const bound = evidence('payroll', 't.bind', { status: 'pass' })
const failing = [...good, bound, evidence('payroll', 't.direct', { status: 'fail', because: 'open' })]

describe('decideGate', () => {
  it('opens when every blocker passed on what is live', () => {
    expect(decide(good)).toMatchObject({ gate: 'open', reasons: [], counts: { pass: 2, skip: 2, fail: 0 } })
  })

  for (const [title, records, more, expected] of shutCases)
    it(`shuts for ${title}`, () => {
      const { gate, reasons } = decide(records, more)
      expect(gate).toBe('shut')
      expect(reasons.map((one) => one.check)).toContain(expected)
    })

  it('lets a waiver replace a fail until it expires', () => {
    expect(decide([...failing, waiver('2026-12-01T00:00:00Z')])).toMatchObject({ gate: 'open', counts: { waived: 1 } })
    const expired = decide([...failing, waiver('2026-11-24T11:30:00Z')])
    expect(expired.reasons[0]?.because).toContain('expired')
  })

  it.each<[string, LogRecord]>([
    ['for more than 180 days', waiver('2027-06-01T00:00:00Z')],
    ['that begins in the future', waiver('2026-12-01T00:00:00Z', { at: '2026-11-24T18:00:00Z' })],
    ['without an owner', waiver('2026-12-01T00:00:00Z', { owner: ' ' })],
    ['without a reason', waiver('2026-12-01T00:00:00Z', { reason: '' })],
    ['until no time', waiver('whenever')],
  ])('takes no waiver %s, whatever wrote it', (_what, record) => {
    const { gate, counts } = decide([...failing, record])
    expect([gate, counts.waived]).toEqual(['shut', 0])
  })

  it('does not let a waiver replace an error', () => {
    const records = [
      ...good,
      evidence('payroll', 't.direct', { status: 'error', because: 'down' }),
      waiver('2026-12-01T00:00:00Z'),
    ]
    expect(decide(records).gate).toBe('shut')
  })

  it('lets a warning pass while its excuse holds, and blocks when it does not', () => {
    const warned = [...good, evidence('payroll', 't.bind', { status: 'fail', because: '0.0.0.0' })]
    expect(decide(warned).gate).toBe('open')
    const both = decide([...warned, evidence('payroll', 't.direct', { status: 'fail', because: 'open' })])
    expect(both.reasons.map((one) => one.check)).toContain('t.bind')
  })

  it('judges a wave by its own backends', () => {
    expect(decide([applied(['payroll']), live(), ...passing], { only: new Set(['payroll']) }).gate).toBe('open')
  })
})
