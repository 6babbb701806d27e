/** Gaps and steps of firewall planes that write files for a person to use. */
import { type Gap, type Host, hostPort, LockgateError, type Origin } from '@lockgate/model'

export const hostGap = (feature: string, because: string, required: boolean): Gap => ({
  edge: null,
  backend: null,
  feature,
  because,
  required,
})

export const backendGap = (backend: string, feature: string, because: string): Gap => ({
  edge: null,
  backend,
  feature,
  because,
  required: true,
})

/** The setting of the host's firewall of this kind. Throws LG1005 where the host has another one. */
export function settingOf(host: Host, kind: 'nftables' | 'compose' | 'kubernetes' | 'systemd'): string {
  const value = (host.firewall as Readonly<Record<string, string>>)[kind]
  if (value !== undefined) return value
  throw new LockgateError('LG1005', `${host.id} has no firewall {${kind}: …}`)
}

export const shownUpstream = ({ host, port }: Origin): string => hostPort(host, port)
