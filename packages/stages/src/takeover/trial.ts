/**
 * Before a generated virtual host takes a name over: it answers on a loopback address of its edge beside the old one, inside a
 * transaction that is always taken back.
 */
import { type answers, type Backend, type Edge, LockgateError, type StageId } from '@lockgate/model'
import { appliedBackends, type History } from '../history.ts'
import type { RenderFacts } from '../render-stage.ts'
import { transact } from '../transact.ts'
import type { TransactionOutcome } from '../transaction.ts'
import type { Workspace } from '../workspace.ts'
import { askSample } from './ask-sample.ts'
import { type Occupied, occupied } from './occupied.ts'
import { takeSample } from './take-sample.ts'
import { oldEndpoints, trialHost, trialTarget } from './trial-target.ts'

export interface SampleOptions {
  /** An access log on this machine. */
  readonly file: string | null
  readonly most: number
  readonly acceptDifferences: boolean
}

export interface Trial {
  readonly sample: readonly answers.Sampled[]
  /** Why the change must not go on; null where it may. */
  readonly error: LockgateError | null
}

/** Names of backends, not applied yet, that other virtual hosts of their edges serve. */
export async function findTakeovers(
  { settings, pool }: Workspace,
  backends: readonly Backend[],
  history: History,
): Promise<readonly Occupied[]> {
  const { readRoutes } = await import('@lockgate/discovery')
  const applied = appliedBackends(history)
  const found: Occupied[] = []
  for (const edge of settings.edges) {
    const fresh = backends.filter((one) => one.edge === edge.id && !applied.has(one.id))
    if (fresh.length === 0 || edge.vhosts !== 'ours') continue
    const reach = await pool.get(edge.via)
    if (reach.live) found.push(...occupied(edge, fresh, (await readRoutes(edge, reach)).routes))
  }
  return found
}

export async function tryTakeovers(
  workspace: Workspace,
  stage: StageId,
  found: readonly Occupied[],
  facts: RenderFacts,
  history: History,
  options: SampleOptions,
): Promise<Trial> {
  if (options.file === null) return { sample: [], error: unsampled(stage, found) }
  const backends = [...new Set(found.map((one) => one.backend))]
  const targets = await takeSample(
    options.file,
    backends.map((one) => one.public.host),
    options.most,
  )
  const silent = backends.find((one) => !targets.get(one.public.host)?.length)
  if (silent) return { sample: [], error: empty(options.file, silent) }
  const sample: answers.Sampled[] = []
  const askAll = async () => {
    for (const backend of backends) sample.push(await askOne(workspace, backend, found, targets))
    return asked
  }
  const edges = workspace.settings.edges.filter((edge) => backends.some((one) => one.edge === edge.id))
  const outcome = await transact(
    workspace,
    {
      stage,
      kind: 'apply',
      wave: null,
      put: edges.map((edge) => trialTarget(workspace, stage, edge, backends, facts, history)),
      takeOut: [],
      backends: {},
      removed: [],
      confirmWithin: 0,
      lookAfter: askAll,
    },
    history,
  )
  if (!outcome.applied && outcome.because !== asked) return { sample, error: unfinished(outcome) }
  return judge(workspace, stage, sample, options)
}

async function askOne(
  { settings, pool, signal, progress }: Workspace,
  backend: Backend,
  found: readonly Occupied[],
  targets: ReadonlyMap<string, readonly string[]>,
): Promise<answers.Sampled> {
  const edge = settings.edges.find((one) => one.id === backend.edge) as Edge
  return askSample({
    backend,
    reach: await pool.get(edge.via),
    old: oldEndpoints(edge, backend, found),
    trial: { host: trialHost, port: backend.public.port },
    targets: targets.get(backend.public.host) ?? [],
    signal,
    progress,
  })
}

/** What the look at the trial says when it has asked: the transaction takes everything back. */
const asked = 'the sample was asked'

const unfinished = ({ error, because }: Extract<TransactionOutcome, { applied: false }>): LockgateError =>
  error.message === asked
    ? new LockgateError('LG3003', `the trial could not be taken back: ${because.slice(asked.length).trim()}`)
    : error

async function judge(
  workspace: Workspace,
  stage: StageId,
  sample: readonly answers.Sampled[],
  { acceptDifferences }: SampleOptions,
): Promise<Trial> {
  const at = workspace.now().toISOString()
  await workspace.append([{ type: 'sample', stage, at, accepted: acceptDifferences, answers: sample }])
  const unshown = sample.find((one) => one.asked === one.unanswered)
  if (unshown)
    return { sample, error: new LockgateError('LG2011', `${unshown.backend}: no request of the sample was answered`) }
  const different = sample.filter((one) => one.different > 0)
  if (different.length === 0 || acceptDifferences) return { sample, error: null }
  const counts = different.map((one) => `${one.backend}: ${one.different} of ${one.asked} requests`).join(', ')
  const message = `answered otherwise by the generated virtual host than by the one that it replaces: ${counts}. Nothing was changed. Correct lockgate.yaml or the application, use \`vhosts: theirs\`, or take the differences as they are with --accept-differences`
  return { sample, error: new LockgateError('LG2011', message) }
}

function unsampled(stage: StageId, found: readonly Occupied[]): LockgateError {
  const names = [...new Set(found.map(({ backend, route }) => `${backend.public.host} (${route.file}:${route.line})`))]
  return new LockgateError(
    'LG2011',
    `other virtual hosts serve ${names.join(', ')}. Show first that the generated ones answer alike: lockgate apply ${stage} --sample ACCESS-LOG`,
  )
}

const empty = (file: string, { id, public: { host } }: Backend): LockgateError =>
  new LockgateError(
    'LG2011',
    `${file} has no GET that could be asked again for ${host}, so nothing shows that ${id} would be answered as before; give a log that has some`,
  )
