import { parseOrigin } from '@lockgate/model'
import { expect, test } from 'vitest'
import { type Treated, treatmentOf } from './treatment.ts'

const login = parseOrigin('https://login.acme.test')
const seen = (more: Partial<Treated>): Treated => ({
  what: 'gRPC',
  target: '10.10.0.2:443',
  request: 'POST /',
  outcome: 'answered',
  status: 200,
  ...more,
})

test.each([
  ['unauthenticated', seen({ grpcStatus: '16', reference: 'ABCD-EFGH' }), 'refused'],
  ['permission denied by an engine', seen({ grpcStatus: '7' }), 'refused'],
  ['the gateway cannot decide', seen({ grpcStatus: '14', reference: 'ABCD-EFGH' }), 'down'],
  ['the backend is not available', seen({ grpcStatus: '14' }), 'passed'],
  ['answered', seen({ grpcStatus: '0' }), 'passed'],
] as const)('a gRPC call: %s', (_title, one, treatment) => {
  if (!login) throw new Error('no origin')
  expect(treatmentOf(one, login)).toBe(treatment)
})
