/** What a person is told about a host key that is not trusted. */
import { LockgateError } from '@lockgate/model'
import { fingerprint, type HostKeyVerdict, keyType } from './known-hosts.ts'

export interface SeenKey {
  readonly label: string
  /** As known_hosts names the host. */
  readonly name: string
  readonly key: Buffer
  /** The file that a line would be added to. */
  readonly file: string
}

type Text = (seen: SeenKey, type: string, print: string) => string

const hostKeyFile = (type: string): string => {
  const kind = type.startsWith('ecdsa') ? 'ecdsa' : type.replace(/^ssh-/, '')
  return `/etc/ssh/ssh_host_${kind}_key.pub`
}

const texts: Record<Exclude<HostKeyVerdict, 'known'>, Text> = {
  unknown: (seen, type, print) =>
    [
      `${seen.label}: its host key is not known. It showed ${type} ${print}.`,
      `Compare that with what \`ssh-keygen -lf ${hostKeyFile(type)}\` prints on the host itself; if they are equal, add this line to ${seen.file}:`,
      `${seen.name} ${type} ${seen.key.toString('base64')}`,
    ].join('\n'),
  changed: (seen, type, print) =>
    [
      `${seen.label}: its host key is not the one in ${seen.file}. It showed ${type} ${print}.`,
      'Either the host was installed anew or someone stands in between: nothing was sent.',
      `Ask whoever runs the host; if the new key is right, \`ssh-keygen -f ${seen.file} -R '${seen.name}'\` removes the old one, and the next run shows the line to add.`,
    ].join('\n'),
  revoked: (seen, type, print) =>
    `${seen.label}: its host key ${type} ${print} is marked @revoked in ${seen.file}. Nothing was sent; give the host a new key first.`,
}

export function hostKeyError(verdict: Exclude<HostKeyVerdict, 'known'>, seen: SeenKey): LockgateError {
  return new LockgateError('LG3002', texts[verdict](seen, keyType(seen.key), fingerprint(seen.key)))
}
