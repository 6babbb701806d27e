/** `lockgate gateway`: in the foreground, the enforcement point of the builtin plane, or the login and decision point beside another one. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Edge, LockgateError, loadConfig, type Settings } from '@lockgate/model'
import type { Add } from '../command.ts'

/** Beside an engine there is something to run only once lockgate.yaml has `identity`. */
function edgeOf(settings: Settings, wanted: string | undefined): Edge {
  const runs = settings.edges.filter((one) => one.plane === 'builtin' || settings.identity !== null)
  const edge = wanted === undefined && runs.length === 1 ? runs[0] : runs.find((one) => one.id === wanted)
  if (edge) return edge
  const known = runs.map((one) => one.id).join(', ') || 'none'
  const needs = 'whose plane is builtin, or any where lockgate.yaml has identity'
  throw new LockgateError('LG1101', `--edge ${wanted ?? ''}: expected an edge ${needs}; there are: ${known}`)
}

export function addGateway(add: Add): void {
  add<{ edge?: string; workers?: string }>(
    'gateway',
    'run the enforcement point of an edge (builtin), or its login and decision point (other planes)',
    (command) =>
      command
        .option('--edge <id>', 'which edge of lockgate.yaml')
        .option('--workers <n>', 'processes (default: one a core)'),
    async (context, _args, options) => {
      const settings = loadConfig(join(context.folder(), 'lockgate.yaml'))
      const edge = edgeOf(settings, options.edge)
      const workers = options.workers === undefined ? availableParallelism() : Number(options.workers)
      if (!Number.isInteger(workers) || workers < 1)
        throw new LockgateError('LG1101', `--workers ${options.workers}: expected a whole number from 1`)
      const { processLog } = await import('@lockgate/audit-log')
      const { runGateway } = await import('@lockgate/gateway')
      return runGateway({
        folder: edge.config,
        edgeId: edge.id,
        signal: context.signal,
        log: processLog({ level: 'info' }),
        workers,
      })
    },
  )
}
