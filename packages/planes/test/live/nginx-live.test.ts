/** The generated configuration in a real nginx. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { edgeCases } from './edge-cases.ts'
import { type LiveEdge, startLiveEdge } from './live-edge.ts'
import { nginxKind } from './nginx-main.ts'

describe('nginx', () => {
  let edge: LiveEdge
  beforeAll(async () => {
    edge = await startLiveEdge(nginxKind())
  })
  afterAll(() => edge?.stop())
  for (const one of edgeCases) test(`${one.feature}: ${one.title}`, () => one.run(edge))
})
