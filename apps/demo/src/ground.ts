/** Where the demo can stand: network namespaces as root, the same inside a user namespace, or this machine's loopback. */
import { spawnSync } from 'node:child_process'

export type Ground = 'namespaces' | 'user-namespace' | 'loopback'

/** Users other than root have no path to `nft` and `ip` on some systems. */
export const withSystemPath = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...env,
  PATH: `${env.PATH ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`,
})

const runs = (argv: readonly string[]): boolean => {
  const [program = '', ...args] = argv
  return spawnSync(program, args, { stdio: 'ignore', timeout: 10_000, env: withSystemPath(process.env) }).status === 0
}

/** What must work once one is root in a network namespace of one's own. */
const probe = 'ip link set lo up && nft add table inet probe && mkdir -p /run/netns'
const inUserNamespace = ['unshare', '--user', '--map-root-user', '--net', '--mount']

/** `forced`: what LOCKGATE_DEMO_GROUND says, for who wants less than there is. */
export function chooseGround(forced: string | undefined): Ground {
  if (forced === 'loopback') return forced
  if (process.platform !== 'linux') return 'loopback'
  if (process.getuid?.() === 0 && runs(['unshare', '--net', 'sh', '-c', probe])) return 'namespaces'
  if (runs([...inUserNamespace, 'sh', '-c', `mount -t tmpfs tmpfs /run && ${probe}`])) return 'user-namespace'
  return 'loopback'
}

/** argv that runs argv as root of a user namespace, with a /run of its own for the names of network namespaces. */
export const enterUserNamespace = (argv: readonly string[]): readonly string[] => [
  ...inUserNamespace,
  'sh',
  '-c',
  'mount -t tmpfs tmpfs /run && mkdir -p /run/netns && exec "$@"',
  'sh',
  ...argv,
]
