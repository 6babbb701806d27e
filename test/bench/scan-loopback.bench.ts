/** Every port of loopback, scanned by us and by nmap; goal: half as fast at least, no open port missed. Needs root. */
import { compareScans } from './scan-compare.ts'
import { scanCases } from './scan-lab.ts'

await compareScans(scanCases.loopback, [
  { flags: ['-T4'], rounds: 7 },
  { flags: ['-T5', '--min-rate', '5000'], rounds: 7 },
])
