/** `lockgate verify consolidate` in the lab: PLANE, COUNT backends × 2 vantages; with --sweep all ports as well. Needs root. */
import { createWorld } from '../e2e/world.ts'
import { engineIds, have } from '../lab/index.ts'

const goalSeconds = 15
const count = Number(process.argv[3] ?? 20)
const hosts = Array.from({ length: count }, (_, index) => `app${index + 1}`)

const line = (name: string, ours: number, goal: number | null) =>
  process.stdout.write(
    `${JSON.stringify({ name, ours: Number(ours.toFixed(2)), peer: null, goal, ratio: goal === null ? null : Number((goal / ours).toFixed(2)), unit: 's' })}\n`,
  )

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const begun = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - begun) / 1_000 }
}

const wanted = process.argv[2] ?? 'nginx'
const plane = engineIds.find((one) => one === wanted)
if (!plane || !have('netns', 'nft')) throw new Error('needs root, ip, nft and one of builtin, nginx, apache, envoy')
const world = await createWorld({ plane, hosts })
try {
  const apply = await timed(() => world.lab.lockgate(['apply', 'consolidate', '--yes', '--confirm-within', '0']))
  if (apply.result.code !== 0) throw new Error(JSON.stringify(apply.result.answer))
  line(`apply, ${count} backends × 2 vantages, ${plane}`, apply.seconds, null)
  for (let round = 1; round <= 3; round++) {
    const { result, seconds } = await timed(() => world.verify())
    if (result.gate !== 'open') throw new Error(JSON.stringify(result.reasons))
    line(`verify ${round}, ${count} backends × 2 vantages, ${plane}`, seconds, goalSeconds)
  }
  if (process.argv.includes('--sweep')) {
    const { result, seconds } = await timed(() => world.verify('--sweep'))
    line(`verify --sweep, ${count} backends × 2 vantages, ${plane}, gate ${result.gate}`, seconds, null)
  }
} finally {
  await world.close()
}
