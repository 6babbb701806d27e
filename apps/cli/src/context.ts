/** What every command gets: the common options, the output, and the opened folder. */
import { resolve } from 'node:path'
import { LockgateError, type StageId, stageIds } from '@lockgate/model'
import { builtStages, findWorkspace, openWorkspace, type Workspace } from '@lockgate/stages'
import { createOutput, type Output } from './output.ts'

export interface CommonOptions {
  readonly dir?: string
  readonly json?: boolean
  readonly yes?: boolean
  readonly lang?: string
  readonly quiet?: boolean
}

export interface Context {
  readonly options: CommonOptions
  readonly out: Output
  readonly signal: AbortSignal
  /** The folder of lockgate.yaml, found upwards or named by --dir. */
  folder(): string
  /** Opens it, runs the work, and closes it whatever happens. */
  withWorkspace<T>(work: (workspace: Workspace) => Promise<T>): Promise<T>
}

export function createContext(options: CommonOptions, signal: AbortSignal): Context {
  const out = createOutput({ json: options.json ?? false, quiet: options.quiet ?? false })
  const folder = () => (options.dir === undefined ? findWorkspace(process.cwd()) : resolve(options.dir))
  return {
    options,
    out,
    signal,
    folder,
    async withWorkspace(work) {
      const simulated = process.env.LOCKGATE_DEMO_SIMULATED === '1'
      const workspace = await openWorkspace(folder(), {
        signal,
        now: () => new Date(),
        progress: out.progress,
        warn: out.warn,
        simulated,
        ...(simulated ? { openReach: (await import('@lockgate/demo')).openSimulatedReach } : {}),
      })
      try {
        return await work(workspace)
      } finally {
        out.settle()
        await workspace.close()
      }
    },
  }
}

/** Throws LG1101 for what is no stage, LG1102 for one that this version lacks. */
export function toStage(text: string): StageId {
  const stage = stageIds.find((one) => one === text)
  if (!stage) throw new LockgateError('LG1101', `${text} is no stage; stages are: ${stageIds.join(', ')}`)
  if (!builtStages.includes(stage))
    throw new LockgateError(
      'LG1102',
      `the stage ${stage} is not built in this version; built: ${builtStages.join(', ')}`,
    )
  return stage
}
