/** Whether the programs that a plan runs are there, asked before anything is touched. */
import { LockgateError, type Target } from '@lockgate/model'
import type { ReachPool } from './reach-pool.ts'

/** Without its reload program a host could neither take the new configuration nor, once it had, the old one again. */
export async function findMissingProgram(targets: readonly Target[], pool: ReachPool): Promise<LockgateError | null> {
  for (const { id, via, test, testMayBeMissing, reload } of targets) {
    const reach = await pool.get(via)
    if (!reach.live) continue
    const programs = new Set([...(testMayBeMissing ? [] : test), ...reload].flatMap(([program]) => program ?? []))
    for (const program of programs) {
      const { code } = await reach.run(['sh', '-c', 'command -v -- "$1"', 'sh', program])
      if (code !== 0)
        return new LockgateError(
          'LG3007',
          `${reach.label}: ${program} is not there, which ${id} needs, so nothing was changed. Install it, or set \`test\` and \`reload\` of the edge in lockgate.yaml`,
        )
    }
  }
  return null
}
