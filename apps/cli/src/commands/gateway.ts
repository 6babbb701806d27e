/** `lockgate gateway`: runs the builtin plane's enforcement point in the foreground. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { LockgateError, loadConfig } from '@lockgate/model'
import type { Add } from '../program.ts'

export function addGateway(add: Add): void {
  add<{ edge?: string; workers?: string }>(
    'gateway',
    'run the enforcement point of an edge with the builtin plane',
    (command) =>
      command
        .option('--edge <id>', 'which edge of lockgate.yaml')
        .option('--workers <n>', 'processes (default: one a core)'),
    async (context, _args, options) => {
      const settings = loadConfig(join(context.folder(), 'lockgate.yaml'))
      const builtin = settings.edges.filter((one) => one.plane === 'builtin')
      const edge =
        options.edge === undefined && builtin.length === 1 ? builtin[0] : builtin.find((one) => one.id === options.edge)
      if (!edge) {
        const known = builtin.map((one) => one.id).join(', ') || 'none'
        throw new LockgateError(
          'LG1101',
          `--edge ${options.edge ?? ''}: expected an edge whose plane is builtin; there are: ${known}`,
        )
      }
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
