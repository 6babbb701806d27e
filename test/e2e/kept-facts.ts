/** Facts of the lab, kept as what judges are tested with: `UPDATE_FACTS=1` writes them anew. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '@lockgate/model'
import type { Lab } from '../lab/index.ts'
import type { Verified } from './world.ts'

const folder = join(import.meta.dirname, '../../packages/checks/testdata/identity')

/** The first evidence of each check that has this status; names of the lab and of the run are left out. */
export function keepFacts(lab: Lab, { evidence }: Verified, status: 'pass' | 'fail' | 'error', only?: string): void {
  if (process.env.UPDATE_FACTS !== '1') return
  mkdirSync(folder, { recursive: true })
  const { backends } = loadConfig(join(lab.work, 'lockgate.yaml'))
  const ids = new Set(evidence.map((one) => one.check))
  for (const id of ids) {
    const seen = evidence.find(
      (one) => one.check === id && one.verdict.status === status && (only ?? one.backend) === one.backend,
    )
    if (!seen) continue
    const backend = backends.find((one) => one.id === seen.backend)
    const text = JSON.stringify({ backend, facts: seen.facts, verdict: seen.verdict }, null, 1)
    const clean = text.replaceAll(lab.folder, '/srv/lab').replaceAll(`${lab.name}-`, 'lab-')
    writeFileSync(join(folder, `${id.replace('identity.', '')}.${status}.json`), `${clean}\n`)
  }
}
