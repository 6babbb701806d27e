/** A report of four systems: proven, ready by waiver, failing, and not applied yet. */
import type { Evidence } from '@lockgate/model'
import type { Report } from '@lockgate/report'

const at = '2026-11-23T09:00:00.000Z'

const evidence = (backend: string, check: string, verdict: Evidence['verdict']): Evidence => ({
  check: `consolidate.${check}`,
  backend,
  vantage: 'office',
  at,
  plan: 'sha256:00',
  facts: {},
  verdict,
})

const open = { status: 'fail', because: '10.20.0.11:8080 accepts connections' } as const

const system = (id: string, more: Partial<Report['backends'][number]> = {}): Report['backends'][number] => ({
  id,
  public: `https://${id}.acme.test`,
  upstream: 'http://10.20.0.11:8080',
  owner: `${id}@acme.test`,
  wave: 'pilot',
  applied: true,
  ready: true,
  missing: [],
  ...more,
})

const later = (id: Report['stages'][number]['id'], title: string): Report['stages'][number] => ({
  id,
  title,
  gate: 'shut',
  locked: true,
  built: false,
  because: ['not built in this version'],
  counts: { pass: 0, fail: 0, error: 0, skip: 0, waived: 0 },
})

export const sample: Report = {
  version: 1,
  language: 'en',
  organisation: 'Acme',
  at: '2026-11-24T09:00:00.000Z',
  stages: [
    {
      id: 'consolidate',
      title: 'Every backend is reached only through the proxy',
      gate: 'shut',
      locked: false,
      built: true,
      because: ['consolidate.tcp-direct orders office: 10.20.0.11:8080 accepts connections'],
      counts: { pass: 4, fail: 1, error: 1, skip: 1, waived: 1 },
    },
    later('identity', 'The proxy signs users in, backends do not'),
  ],
  backends: [
    system('payroll'),
    system('wiki'),
    system('orders', {
      ready: false,
      missing: ['consolidate.tcp-direct from office: 10.20.0.11:8080 accepts connections'],
    }),
    system('archive', {
      owner: null,
      wave: 'last',
      applied: false,
      ready: false,
      missing: ['gate.not-applied: not applied yet'],
    }),
  ],
  vantages: [
    { id: 'office', stands: 'users' },
    { id: 'front', stands: 'proxy' },
  ],
  checks: [
    {
      id: 'consolidate.tcp-direct',
      title: "The backend's own addresses take no connection from users",
      severity: 'blocker',
      tenets: [1, 2],
      ztmm: ['Network Segmentation'],
    },
    {
      id: 'consolidate.old-dns',
      title: 'Former names of the backend are gone or lead to the edge',
      severity: 'blocker',
      tenets: [1, 2],
      ztmm: ['Network Traffic Management'],
    },
  ],
  evidence: [
    evidence('payroll', 'tcp-direct', { status: 'pass' }),
    evidence('payroll', 'old-dns', { status: 'skip', because: 'no-former-names: payroll lists none under formerly' }),
    evidence('wiki', 'tcp-direct', open),
    evidence('wiki', 'old-dns', { status: 'pass' }),
    evidence('orders', 'tcp-direct', open),
    evidence('orders', 'old-dns', {
      status: 'error',
      because: 'orders-old.acme.test could not be looked up from office',
    }),
    evidence('gone-long-ago', 'tcp-direct', open),
  ],
  waivers: [
    {
      check: 'consolidate.tcp-direct',
      backend: 'wiki',
      owner: 'it@acme.test',
      reason: 'a scanner still asks it directly',
      until: '2027-01-31T00:00:00.000Z',
      at: '2026-11-01T09:00:00.000Z',
    },
  ],
  breakGlass: [
    {
      backend: 'payroll',
      owner: 'ops@acme.test',
      reason: 'the proxy was down',
      until: '2026-11-20T12:00:00.000Z',
      at: '2026-11-20T10:00:00.000Z',
    },
  ],
  notBrokered: [{ what: 'postgres 10.20.0.30:5432', owner: 'dba@acme.test', reason: 'no HTTP' }],
  log: {
    size: 1234,
    root: 'q83vEjRWeJA=',
    vkey: 'lockgate-acme+1a2b3c4d+AcXX',
    holds: true,
    origin: 'consistent in itself, origin not established',
    problems: [],
  },
  simulated: false,
}
