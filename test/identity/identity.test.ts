import { type PlaneId, planeIds } from '@lockgate/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have, type LabPart } from '../lab/index.ts'
import { anonymousCases } from './cases/anonymous.ts'
import { backendAnswerCases } from './cases/backend-answers.ts'
import { credentialCases } from './cases/credentials.ts'
import { grpcCases } from './cases/grpc.ts'
import { identityHeaderCases } from './cases/identity-headers.ts'
import { loginCases } from './cases/login.ts'
import { memoryCases } from './cases/memory.ts'
import { streamCases } from './cases/streams.ts'
import { type IdentityBench, startIdentityBench } from './identity-bench.ts'

const cases = [
  ...anonymousCases,
  ...identityHeaderCases,
  ...credentialCases,
  ...loginCases,
  ...streamCases,
  ...backendAnswerCases,
  ...grpcCases,
  ...memoryCases,
]

const needs = {
  builtin: ['openssl'],
  nginx: ['openssl', 'nginx'],
  apache: ['openssl', 'apache'],
  envoy: ['openssl', 'envoy'],
} as const satisfies Record<PlaneId, readonly LabPart[]>

for (const plane of planeIds)
  describe.skipIf(!have(...needs[plane]))(`identity at ${plane}`, () => {
    let bench: IdentityBench
    beforeAll(async () => {
      bench = await startIdentityBench(plane)
    })
    afterAll(() => bench?.close())

    for (const one of cases)
      it(one.name, async () => {
        const because = one.never?.[plane]
        if (because) return expect(because).toMatch(/\w+ \w+ \w+/)
        await one.run(bench)
      })
  })
