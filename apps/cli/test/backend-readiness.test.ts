import { checksOf } from '@lockgate/checks'
import { parseConfig } from '@lockgate/model'
import { foldHistory, type LogRecord, type Workspace } from '@lockgate/stages'
import { describe, expect, it } from 'vitest'
import { missingOf } from '../src/backend-readiness.ts'

const settings = parseConfig(`
version: 1
gate: { sweep: usual }
edges: [{ id: front, plane: nginx, via: local, addresses: [10.0.0.2], listen: ["http://10.0.0.2:80"], config: /etc/nginx/lockgate }]
backends:
  - { id: payroll, edge: front, public: "http://payroll.acme.test", upstream: "http://10.0.1.1:8080",
      host: { via: local, addresses: [10.0.1.1], firewall: { none: test } } }
  - { id: wiki, edge: front, public: "http://wiki.acme.test", upstream: "http://10.0.1.2:8080",
      host: { via: local, addresses: [10.0.1.2], firewall: { none: test } } }
vantages: [{ id: office, stands: users, via: local }]
`)
const at = '2026-11-24T11:00:00Z'
const workspace = { settings, now: () => new Date('2026-11-24T12:00:00Z') } as Workspace

const passes = settings.backends.flatMap(({ id }) =>
  checksOf('consolidate').map(
    (check): LogRecord => ({
      type: 'evidence',
      stage: 'consolidate',
      evidence: {
        check: check.id,
        backend: id,
        vantage: check.per === 'vantage' ? 'office' : '-',
        at,
        plan: `plan-${id}`,
        facts: {},
        verdict: { status: 'pass' },
      },
    }),
  ),
)

const change = (tx: string, ids: readonly string[], more: object = {}): LogRecord => ({
  type: 'apply',
  stage: 'consolidate',
  tx,
  at,
  wave: null,
  kind: 'apply',
  confirmBy: null,
  removed: [],
  targets: [],
  backends: Object.fromEntries(ids.map((id) => [id, { plan: `plan-${id}`, config: '-' }])),
  ...more,
})

const live = (drift: Readonly<Record<string, readonly string[]>>): LogRecord => ({
  type: 'live',
  stage: 'consolidate',
  at,
  drift,
  openSteps: [],
  gaps: [],
  demoted: [],
})

/** lockgate.yaml as it was applied is not what is tested here. */
const missing = (id: string, records: readonly LogRecord[], problems: readonly string[] = []) => {
  const backend = settings.backends.find((one) => one.id === id)
  if (!backend) throw new Error(`no backend is called ${id}`)
  return missingOf(backend, 'consolidate', { workspace, history: foldHistory(records), problems }).filter(
    (one) => !one.includes('lockgate.yaml changed since'),
  )
}

describe('missingOf', () => {
  const both = change('one', ['payroll', 'wiki'])

  it.each([
    ['nothing where all passed', [both, ...passes], [], []],
    ['what was never applied', [change('one', ['wiki']), ...passes], [], ['gate.not-applied', 'gate.foreign-plan']],
    ['what was never verified', [both], [], ['gate.missing']],
    [
      'drift of its own host',
      [both, ...passes, live({ 'host:10.0.1.1': ['x was changed'] })],
      [],
      ['gate.foreign-plan', 'gate.foreign-plan'],
    ],
    ['no drift of another host', [both, ...passes, live({ 'host:10.0.1.2': ['x was changed'] })], [], []],
    [
      'a change of its own that waits',
      [both, ...passes, change('two', ['payroll'], { confirmBy: at })],
      [],
      ['gate.unconfirmed'],
    ],
    ['no change of another that waits', [both, ...passes, change('two', ['wiki'], { confirmBy: at })], [], []],
    [
      'break-glass of its own',
      [both, ...passes, change('two', [], { confirmBy: at, removed: ['payroll'], kind: 'break-glass' })],
      [],
      ['gate.not-applied', 'gate.unconfirmed', 'gate.foreign-plan'],
    ],
    ['a damaged log', [both, ...passes], ['record 3 was changed'], ['gate.tampered']],
  ] as const)('says %s', (_title, records, problems, expected) => {
    expect(missing('payroll', records, problems).map((one) => one.split(':')[0])).toEqual(expected)
  })
})
