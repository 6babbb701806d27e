import { setTimeout as sleep } from 'node:timers/promises'
import { type Edge, type Feature, features, parseConfig, planeIds } from '@lockgate/model'
import { planes } from '@lockgate/planes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have, type LabPart } from '../lab/index.ts'
import { type Bench, startBench } from './bench.ts'
import type { Case, ExchangeCase } from './case.ts'
import { cases } from './cases.ts'
import { judgeAnswer, judgeSeen } from './judge.ts'
import { send } from './raw-client.ts'

const needs = {
  builtin: ['openssl'],
  nginx: ['openssl', 'nginx'],
  apache: ['openssl', 'apache'],
  envoy: ['openssl', 'envoy'],
} as const satisfies Record<(typeof planeIds)[number], readonly LabPart[]>

/** `{authority}` and `{port}` are known only once the engine listens. */
const fill = (bytes: string, bench: Bench, one: ExchangeCase): string => {
  const port = one.listener?.startsWith('https') ? bench.ports.https : bench.ports.http
  return bytes.replaceAll('{authority}', bench.authority(one.to ?? 'app')).replaceAll('{port}', String(port))
}

async function exchange(bench: Bench, one: ExchangeCase): Promise<readonly string[]> {
  const { listener = 'http', to = 'app' } = one
  const sni = one.sni === undefined ? bench.authority(to).split(':')[0] : one.sni
  const idleMs = one.saw === 'no-hidden' ? 300 : 0
  bench.backend.forget()
  const reply = await send(bench.destination(listener, sni ?? null), fill(one.send, bench, one), {
    methods: [one.method ?? 'GET'],
    idleMs,
    timeoutMs: one.saw === 'no-hidden' ? 2_000 : 8_000,
  })
  // A request that was refused half-way may still be on its way to the backend.
  if (one.saw === 'nothing') await sleep(20)
  else if (typeof one.saw === 'string' || one.saw.orRefused) await sleep(150)
  const answer = { ...one.answer, ...filledFields(bench, one) }
  return [...judgeAnswer(answer, reply), ...judgeSeen(filledSaw(bench, one), bench.backend.seen())]
}

const fillValues = <T>(fields: Readonly<Record<string, T>>, bench: Bench, one: ExchangeCase) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((text: string) => fill(text, bench, one)) : value,
    ]),
  )

const filledFields = (bench: Bench, one: ExchangeCase) =>
  one.answer.fields ? { fields: fillValues(one.answer.fields, bench, one) } : {}

const filledSaw = (bench: Bench, one: ExchangeCase) =>
  typeof one.saw === 'object' && one.saw.fields
    ? { ...one.saw, fields: fillValues(one.saw.fields, bench, one) }
    : one.saw

async function faults(bench: Bench, one: Case): Promise<readonly string[]> {
  if (!('run' in one)) return exchange(bench, one)
  try {
    await one.run(bench)
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

interface DeclaredGap {
  readonly feature: Feature
  readonly because: string
}

/**
 * What the plane says that it cannot do of this case: never, or not for this backend.
 * That excuses what should work and does not; what should be refused is refused, gap or not.
 */
function declaredGaps({ plane, rendered }: Bench, one: Case): readonly DeclaredGap[] {
  if ('saw' in one && typeof one.saw === 'string') return []
  const backend = 'to' in one ? one.to : undefined
  return one.features.flatMap((feature) => {
    const support = plane.supports[feature]
    const gap = rendered.gaps.find((each) => each.feature === feature && (each.backend ?? backend) === backend)
    const because = 'never' in support ? support.never : gap?.because
    return because === undefined ? [] : [{ feature, because }]
  })
}

describe('the list', () => {
  it('has at least 60 cases with names of their own', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60)
    expect(new Set(cases.map((one) => one.name)).size).toBe(cases.length)
  })
})

for (const id of planeIds) {
  describe.skipIf(!have(...needs[id]))(`conformance of ${id}`, () => {
    const tried = new Set<Feature>()
    const shown = new Set<Feature>()
    let bench: Bench
    beforeAll(async () => {
      bench = await startBench(id)
    })
    afterAll(() => bench?.close())

    for (const one of cases)
      it(one.name, async () => {
        const gaps = declaredGaps(bench, one)
        for (const { feature } of gaps) tried.add(feature)
        const found = await faults(bench, one)
        if (gaps.length === 0) return expect(found).toEqual([])
        if (found.length > 0) for (const { feature } of gaps) shown.add(feature)
        for (const { because } of gaps) expect(because).toMatch(/\w+ \w+ \w+/)
      })

    it('has no gap that no case shows', () => {
      const never = features.filter((one) => tried.has(one) && 'never' in planes[id].supports[one])
      expect(never.filter((one) => !shown.has(one))).toEqual([])
    })

    it('says of every feature since when it has it, or why never', () => {
      expect(Object.keys(planes[id].supports).toSorted()).toEqual([...features].toSorted())
    })
  })
}

/** What a snippet is answerable for; names and listeners are the operator's. */
const ofSnippets: readonly Feature[] = [
  'forwarding-headers',
  'header-spellings',
  'connection-listed',
  'request-trailers',
  'path-normalisation',
  'same-bytes',
  'websocket',
  'sse',
  'timeouts',
  'body-limit',
]

for (const id of ['nginx', 'apache'] as const)
  describe.skipIf(!have(...needs[id]))(`conformance of ${id} with vhosts: theirs`, () => {
    let bench: Bench
    beforeAll(async () => {
      bench = await startBench(id, 'theirs')
    })
    afterAll(() => bench?.close())

    const own = cases.filter(
      (one) => one.features.every((feature) => ofSnippets.includes(feature)) || one.features.includes('vhosts-theirs'),
    )
    for (const one of own)
      it(one.name, async () => {
        const found = await faults(bench, one)
        if (declaredGaps(bench, one).length === 0) expect(found).toEqual([])
      })
  })

for (const id of ['builtin', 'envoy'] as const)
  it(`vhosts: theirs is a required gap of ${id}`, () => {
    const edge = { id: 'e', plane: id, via: 'local', addresses: ['127.0.0.1'], listen: ['http://127.0.0.1:80'] }
    const text = JSON.stringify({
      version: 1,
      edges: [{ ...edge, config: '/c', vhosts: 'theirs' }],
      backends: [],
      vantages: [],
    })
    const settings = parseConfig(text)
    const model = { stage: 'consolidate', edge: settings.edges[0] as Edge, backends: [] } as const
    expect(planes[id].render(model, null).gaps).toMatchObject([{ feature: 'vhosts-theirs', required: true }])
  })
