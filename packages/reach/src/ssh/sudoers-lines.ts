/** What lets an account run, without a password, the programs that Lockgate runs by `sudo -n --`. */

/** Programs that the file operations and the list of listening sockets use. */
const programs = ['cat', 'chmod', 'dd', 'find', 'mkdir', 'mv', 'rm', 'ss', 'stat', 'sync'] as const

/** Programs that plans run: engines' own tests and reloads, the firewall, the timer that restores. */
const planPrograms = ['apachectl', 'envoy', 'nft', 'nginx'] as const
const planTools = ['docker', 'kubectl', 'sh', 'systemctl', 'systemd-run'] as const

/** For /etc/sudoers.d/lockgate, checked by `visudo -cf`. */
export function sudoersLines(user: string): readonly string[] {
  const paths = [
    ...[...programs, ...planTools].map((program) => `/usr/bin/${program}`),
    ...planPrograms.map((program) => `/usr/sbin/${program}`),
  ]
  return [
    '# Whoever may run these as root is root: treat the key of this account as one of root.',
    `Cmnd_Alias LOCKGATE = ${paths.join(', ')}`,
    `${user.replace(/[^A-Za-z0-9._-]/g, '\\$&')} ALL=(root) NOPASSWD: LOCKGATE`,
  ]
}
