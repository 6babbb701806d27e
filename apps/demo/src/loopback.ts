/** Without namespaces: the walk on loopback, where the network between users and servers is simulated and says so. */
import { LockgateError } from '@lockgate/model'
import type { DemoOptions } from './run-demo.ts'

export async function walkOnLoopback(_options: DemoOptions, _folder: string): Promise<number> {
  throw new LockgateError('LG3007', 'the demo needs Linux with ip and nft, as root or with user namespaces')
}
