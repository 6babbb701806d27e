/** Scans the usual ports, the declared ones and those that the host says are listening. */
import type { Check } from '@lockgate/model'
import { segmentation } from '../mapping.ts'
import { type SweepFacts, sweepErrors, sweepFailures } from '../swept.ts'
import { usualSweep } from '../usual-sweep.ts'
import { verdictOf } from '../verdict.ts'

export const portSweep: Check<SweepFacts> = {
  id: 'consolidate.port-sweep',
  title: "Of the usual ports of the backend's host users reach only those to keep",
  severity: 'blocker',
  per: 'vantage',
  maps: segmentation,
  fix: 'consolidate.md#port-sweep',
  needs: ['consolidate.brokered'],
  probe: usualSweep,
  judge: (facts) => verdictOf(sweepFailures(facts), sweepErrors(facts)),
}
