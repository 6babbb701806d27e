/** The firewall plane systemd: a drop-in that lets only the edges and the host itself reach a unit. */
import {
  canonicalJson,
  digest,
  type FirewallPlane,
  type Gap,
  type HostModel,
  LockgateError,
  type Rendered,
} from '@lockgate/model'
import { hostGap, settingOf } from '../file-gap.ts'
import { networksOf } from '../networks.ts'

/** Sections that know IPAddressAllow (systemd.resource-control(5)). */
const sections: Readonly<Record<string, string>> = {
  service: 'Service',
  socket: 'Socket',
  slice: 'Slice',
  scope: 'Scope',
}

interface Unit {
  readonly name: string
  readonly section: string
}

function unitOf(written: string): Unit {
  const name = /\.[a-z]+$/.test(written) ? written : `${written}.service`
  const section = sections[name.slice(name.lastIndexOf('.') + 1)]
  if (section) return { name, section }
  throw new LockgateError(
    'LG1005',
    `${written} is no unit that IP addresses can be allowed for: a service, socket or slice`,
  )
}

/** `Documentation` shows the generation: it is read when units are loaded and changes nothing else. */
const dropIn = ({ section }: Unit, edges: readonly string[], generation: string): string =>
  [
    '# Written by Lockgate; changes made here by hand are found and shown.',
    '[Unit]',
    `Documentation=https://lockgate.invalid/${generation}`,
    `[${section}]`,
    'IPAddressDeny=any',
    'IPAddressAllow=localhost',
    ...edges.map((one) => `IPAddressAllow=${one}`),
    '',
  ].join('\n')

function gapsOf({ host, backends }: HostModel, { name }: Unit): readonly Gap[] {
  const edges = new Set(backends.map((one) => one.edge))
  const found: readonly (readonly [boolean, string, string])[] = [
    [
      true,
      'firewall-outbound',
      `${name}: IPAddressDeny closes what the unit itself connects to as well; allow its database and other peers in a drop-in of your own`,
    ],
    [
      true,
      'firewall-running',
      `${name}: a unit that runs may take the change only when it is restarted; the checks say whether it is closed`,
    ],
    [
      host.close.length > 0 || host.others === 'close',
      'firewall-others',
      `${name}: only the unit's own sockets are closed, whatever close and others say`,
    ],
    [host.keep.length > 0, 'firewall-keep', `${name}: every port of the unit is closed, those in keep too`],
    [edges.size > 1, 'firewall-edges', `${name}: every edge of its backends reaches every port of the unit`],
  ]
  return found.filter(([applies]) => applies).map(([, feature, because]) => hostGap(feature, because, false))
}

function render(model: HostModel): Rendered {
  const unit = unitOf(settingOf(model.host, 'systemd'))
  const { v4, v6 } = networksOf(model.edgeAddresses)
  const edges = [...v4, ...v6]
  const generation = digest(dropIn(unit, edges, 'placeholder'))
  const path = `/etc/systemd/system/${unit.name}.d/lockgate.conf`
  const reload = [['systemctl', 'daemon-reload']]
  return {
    target: {
      id: model.host.id,
      via: model.host.via,
      folder: null,
      files: [{ path, mode: 0o644, content: dropIn(unit, edges, generation), order: 0, persist: 'apply' }],
      test: [],
      reload,
      undo: reload,
      readLive: null,
      loadLive: null,
      proof: {
        kind: 'argv',
        argv: ['systemctl', 'show', '--property=Documentation', '--value', unit.name],
        expect: generation,
      },
      generation,
      parts: Object.fromEntries(model.backends.map((one) => [one.id, [canonicalJson({ unit, edges })]])),
      start: null,
    },
    steps: [],
    gaps: gapsOf(model, unit),
  }
}

export const systemd: FirewallPlane = { id: 'systemd', render, reads: async () => [] }
