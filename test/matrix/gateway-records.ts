/** What the gateway of the lab wrote into its log. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { IdentityWorld } from '../e2e/identity-world.ts'

type GatewayRecord = Readonly<Record<string, unknown>>

export async function gatewayRecords({ lab }: IdentityWorld, type: string): Promise<readonly GatewayRecord[]> {
  // Requests do not wait for the log: it is written a moment after them.
  await sleep(1_000)
  const folder = `${lab.hostFile('edge', 'state')}/edge/log/edge/segments`
  const { stdout } = await lab.run('edge', ['sh', '-c', `cat ${folder}/*.jsonl`])
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as GatewayRecord)
    .filter((one) => one.type === type)
}
