/** Runs our scan and nmap's in turn and prints one JSON line for each setting of nmap. */
import { inScanLab, type ScanCase, type ScanRun } from './scan-lab.ts'

export interface Peer {
  readonly flags: readonly string[]
  /** How often it runs; a slow one need not run as often as ours. */
  readonly rounds: number
}

/** So often ours runs: "no open port missed" is counted over all of them. */
const ourRounds = 20

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const sum = (runs: readonly ScanRun[], key: 'missed' | 'wrong'): number => runs.reduce((all, run) => all + run[key], 0)
const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits))

export async function compareScans(scan: ScanCase, peers: readonly Peer[]): Promise<void> {
  const asked = scan.targets.reduce((all, { ports }) => all + ports.length, 0)
  await inScanLab(scan, async (lab) => {
    const ours: ScanRun[] = []
    const theirs = peers.map((): ScanRun[] => [])
    for (let round = 0; round < ourRounds; round++) {
      ours.push(await lab.ours())
      for (const [index, { flags, rounds }] of peers.entries())
        if (round < rounds) theirs[index]?.push(await lab.nmap(flags))
    }
    for (const [index, { flags }] of peers.entries()) {
      const runs = theirs[index] ?? []
      const paired = ours.slice(0, Math.max(5, runs.length))
      const [us, them] = [median(paired.map(({ ms }) => ms)), median(runs.map(({ ms }) => ms))]
      console.log(
        JSON.stringify({
          name: `scan: ${scan.title}, against nmap -sT ${flags.join(' ')}`,
          ours: rounded((asked / us) * 1_000),
          peer: rounded((asked / them) * 1_000),
          ratio: rounded(them / us, 2),
          unit: 'ports/s',
          ms: { ours: rounded(us), peer: rounded(them) },
          missed: { ours: sum(ours, 'missed'), runs: ours.length, peer: sum(runs, 'missed') },
          wrong: { ours: sum(ours, 'wrong'), peer: sum(runs, 'wrong') },
        }),
      )
    }
  })
}
