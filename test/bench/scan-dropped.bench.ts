/** Hosts behind a firewall that drops, scanned by us and by nmap; goal: at least as fast, no open port missed. Needs root. */
import { compareScans } from './scan-compare.ts'
import { scanCases } from './scan-lab.ts'

await compareScans(scanCases.dropped, [
  { flags: ['-T4'], rounds: 1 },
  { flags: ['-T5', '--min-rate', '5000'], rounds: 9 },
])
