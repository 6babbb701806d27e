/** The generated configuration in a real Apache httpd. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { apacheKind } from './apache-main.ts'
import { edgeCases } from './edge-cases.ts'
import { type LiveEdge, startLiveEdge } from './live-edge.ts'

describe('apache', () => {
  let edge: LiveEdge
  beforeAll(async () => {
    edge = await startLiveEdge(apacheKind())
  })
  afterAll(() => edge?.stop())
  for (const one of edgeCases) test(`${one.feature}: ${one.title}`, () => one.run(edge))
})
