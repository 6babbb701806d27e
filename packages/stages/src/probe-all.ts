/** Runs checks for backends from vantages and turns what they saw into evidence. */
import { checkById } from '@lockgate/checks'
import {
  type Backend,
  type Check,
  type Edge,
  type EdgeIo,
  type Evidence,
  type IdentityIo,
  type Io,
  type Json,
  LockgateError,
  type VantageIo,
  type Verdict,
} from '@lockgate/model'
import { readIdpClient } from './keycloak/idp-client.ts'
import { createLimiter } from './limiter.ts'
import { readCode } from './read-code.ts'
import type { Surroundings } from './surroundings.ts'
import type { Workspace } from './workspace.ts'

export interface ProbeTask {
  readonly check: Check
  readonly backend: Backend
  /** Where the probe stands. */
  readonly at: VantageIo
  /** What the evidence says: the vantage's id, or `-`. */
  readonly vantage: string
}

export interface ProbeContext {
  readonly workspace: Workspace
  readonly surroundings: Surroundings
  /** By backend: digest of what is live, and since when. */
  planOf(backend: Backend): { readonly plan: string | null; readonly since: Date | null }
}

/** Milliseconds after which a check that is no full sweep counts as not having looked. */
const patience = 120_000
/** Milliseconds for which a positive control holds. */
const controlHolds = 60_000

interface Control {
  readonly at: number
  readonly verdict: Verdict
}

export async function probeAll(context: ProbeContext, tasks: readonly ProbeTask[]): Promise<readonly Evidence[]> {
  const { workspace } = context
  const shared = new Map<string, Promise<unknown>>()
  const controls = new Map<string, Promise<Control>>()
  const limit = createLimiter(48)
  const limitSweep = createLimiter(2)
  let done = 0
  const evidence = await Promise.all(
    tasks.map((task) =>
      (task.check.sweep === 'full' ? limitSweep : limit)(async () => {
        workspace.signal.throwIfAborted()
        const one = await probeOne(context, task, shared, controls)
        done += 1
        workspace.progress(
          `${done}/${tasks.length} ${task.check.id} ${task.backend.id}${task.vantage === '-' ? '' : ` from ${task.vantage}`}`,
        )
        return one
      }),
    ),
  )
  return evidence
}

async function probeOne(
  context: ProbeContext,
  task: ProbeTask,
  shared: Map<string, Promise<unknown>>,
  controls: Map<string, Promise<Control>>,
): Promise<Evidence> {
  const { workspace } = context
  const { check, backend, vantage } = task
  const io = await buildIo(context, task, shared)
  const outcome = await look(check, backend, io, workspace)
  const verdict = await withControls(context, task, io, outcome.verdict, controls)
  return {
    check: check.id,
    backend: backend.id,
    vantage,
    at: workspace.now().toISOString(),
    plan: context.planOf(backend).plan,
    facts: outcome.facts,
    verdict,
    ...(workspace.simulated ? { simulated: true as const } : {}),
  }
}

async function look(
  check: Check,
  backend: Backend,
  io: Io,
  workspace: Workspace,
): Promise<{ facts: Json; verdict: Verdict }> {
  let timer: NodeJS.Timeout | undefined
  try {
    const late = new Promise<never>((_resolve, reject) => {
      if (check.sweep !== 'full')
        timer = setTimeout(() => reject(new Error(`it did not end within ${patience / 1_000} s`)), patience)
    })
    const facts = await Promise.race([check.probe(backend, io), late])
    return { facts, verdict: check.judge(facts, backend) }
  } catch (cause) {
    if (workspace.signal.aborted)
      throw new LockgateError('LG9001', 'interrupted; what was already recorded stays', { cause })
    return {
      facts: null,
      verdict: { status: 'error', because: `the check could not look: ${(cause as Error).message}` },
    }
  } finally {
    clearTimeout(timer)
  }
}

/** "Refused" says something only where the gateway answered from the same place within the same minute. */
async function withControls(
  context: ProbeContext,
  task: ProbeTask,
  io: Io,
  verdict: Verdict,
  controls: Map<string, Promise<Control>>,
): Promise<Verdict> {
  if (verdict.status !== 'pass') return verdict
  for (const id of task.check.needs ?? []) {
    const control = checkById(id)
    if (!control) return { status: 'error', because: `its positive control ${id} does not exist` }
    const key = `${id}\n${task.backend.id}\n${task.at.vantage.id}`
    const result = await controlResult(context, control, task.backend, io, key, controls)
    if (result.verdict.status !== 'pass')
      return {
        status: 'error',
        because: `nothing was reached, but the positive control ${id} did not pass either: ${result.verdict.because}`,
      }
  }
  return verdict
}

async function controlResult(
  context: ProbeContext,
  control: Check,
  backend: Backend,
  io: Io,
  key: string,
  controls: Map<string, Promise<Control>>,
): Promise<Control> {
  const known = controls.get(key)
  if (known && context.workspace.now().getTime() - (await known).at <= controlHolds) return known
  const asking = look(control, backend, io, context.workspace).then(({ verdict }) => ({
    at: context.workspace.now().getTime(),
    verdict,
  }))
  controls.set(key, asking)
  return asking
}

async function buildIo(context: ProbeContext, task: ProbeTask, shared: Map<string, Promise<unknown>>): Promise<Io> {
  const { workspace, surroundings } = context
  const { settings } = workspace
  const edge = surroundings.edges.get(task.backend.edge) as EdgeIo
  const once = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const known = shared.get(key) as Promise<T> | undefined
    if (known) return known
    const started = work()
    shared.set(key, started)
    return started
  }
  return {
    now: workspace.now,
    signal: workspace.signal,
    at: task.at,
    vantages: surroundings.vantages,
    hosts: await surroundings.hostsOf(task.backend),
    edge,
    edges: [...surroundings.edges.values()],
    resolvers: settings.resolvers,
    liveSince: context.planOf(task.backend).since,
    publicOrigins: settings.backends.map((one) => one.public.origin),
    identity: await identityIo(context, task.backend, () => once('idp-client', () => readIdpClient(workspace))),
    code: () => once(`code ${task.backend.source}`, () => readCode(task.backend, workspace)),
    publicCa: await surroundings.caOf(edge.edge satisfies Edge),
    once,
    progress: workspace.progress,
  }
}

async function identityIo(
  { workspace, surroundings }: ProbeContext,
  backend: Backend,
  idpClient: IdentityIo['idpClient'],
): Promise<IdentityIo | null> {
  const { identity, gateway } = workspace.settings
  if (!identity) return null
  const edge = surroundings.edges.get(identity.edge) as EdgeIo
  return {
    settings: identity,
    gateway,
    rollout: surroundings.rollouts[backend.id] ?? null,
    login: { edge, ca: await surroundings.caOf(edge.edge) },
    session: surroundings.session,
    idpClient,
  }
}
