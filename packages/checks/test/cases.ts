/** What each check says about the small company: closed, with a fault, and where it can't look. */
import type { VerdictStatus } from '@lockgate/model'
import {
  alsoListens,
  backendInstead,
  besideEdge,
  both,
  edgeInstead,
  type Fault,
  firewallOpen,
  hostDown,
  hostsFileSays,
  hostWithoutIpv6,
  kiosk,
  logIs,
  manifests,
  noUsers,
  oldName,
  published,
  routes,
  routeTo,
  scannerOnEdge,
  serviceManifest,
  stranger,
  vantageCutOff,
  vantageDown,
} from './faults.ts'
import { addressOf } from './namespaces.ts'

export interface Case {
  /** Check and file in testdata, such as `tcp-direct.fail`; the status is its first word. */
  readonly name: string
  readonly because: RegExp | null
  readonly fault: Fault
}

const closed: Fault = () => ({})
const host = addressOf('host')
const host6 = addressOf('host', 6)
const own = routeTo('payroll.test', 2)
const bothNames = ['payroll.test', 'hr.test']
const namesUpstream = `{"api":"http:\\/\\/${host}:8080\\/v1"}`

const table: readonly (readonly [string, RegExp | null, Fault])[] = [
  ['brokered.pass', null, closed],
  ['brokered.pass-without-ipv6', null, kiosk],
  [
    'brokered.fail',
    /answers 502 .*no answer from the backend.*; 10\.77\.3\.2:8080 refuses the edge/,
    backendInstead({ listen: [{ host: '127.0.0.1', port: 8080 }] }),
  ],
  [
    'brokered.fail-edge-dead',
    /10\.77\.2\.2:80 refuses connections from office: look at the gateway \(edge front\)/,
    edgeInstead(null),
  ],
  ['brokered.fail-unlisted', /answers 421 .*does not know this name/, edgeInstead({ names: ['other.test'] })],
  ['brokered.error', /vantage branch could not be asked/, vantageDown],

  ['tcp-direct.pass', null, closed],
  ['tcp-direct.fail', /10\.77\.3\.2:8080 accepts connections; \[fd77:3::2\]:8080 accepts connections/, firewallOpen],
  ['tcp-direct.error', /vantage branch could not be asked/, vantageDown],
  ['tcp-direct.error-cut-off', /10\.77\.3\.2:8080 is timed-out from office, and so is the edge/, vantageCutOff],

  ['vantage-set.pass', null, closed],
  ['vantage-set.fail', /10\.77\.3\.2:8080 accepts connections from office/, firewallOpen],
  ['vantage-set.fail-scanner', /accepts connections from scanner/, scannerOnEdge],
  [
    'vantage-set.error',
    /scanner stands at 10\.77\.2\.2, which is let through as an edge/,
    both(scannerOnEdge, backendInstead({ listen: [] })),
  ],
  ['vantage-set.error-no-users', /no vantage stands with users/, noUsers],

  ['port-sweep.pass', null, closed],
  ['port-sweep.fail', /^10\.77\.3\.2:9229 accepts connections$/, alsoListens(host, 9229)],
  ['port-sweep.fail-unusual', /^10\.77\.3\.2:47123 accepts connections$/, alsoListens(host, 47_123)],
  ['port-sweep.error', /listening ports of host:10\.77\.3\.2 could not be read/, hostDown],

  ['full-sweep.pass', null, hostWithoutIpv6],
  [
    'full-sweep.fail',
    /^10\.77\.4\.2:47123 accepts connections$/,
    both(hostWithoutIpv6, alsoListens(addressOf('plain'), 47_123, 'plain')),
  ],
  ['full-sweep.error', /65535 of 65535 ports of 10\.77\.3\.2 could not be asked from branch/, vantageDown],

  ['admin-ports.pass', null, closed],
  ['admin-ports.fail', /^10\.77\.3\.2:6379 accepts connections \(Redis\)$/, alsoListens(host, 6_379)],
  [
    'admin-ports.fail-forwarded',
    /^the gateway forwards http:\/\/payroll\.test\/metrics, which shows Prometheus metrics$/,
    backendInstead({ metrics: true }),
  ],
  ['admin-ports.error', /could not be asked/, vantageDown],

  ['ipv6.pass', null, closed],
  ['ipv6.fail', /^\[fd77:3::2\]:9229 accepts connections$/, alsoListens(host6, 9_229)],
  ['ipv6.error', /vantage kiosk has no IPv6 route/, kiosk],
  ['ipv6.error-host', /addresses of host:10\.77\.3\.2 could not be read/, hostDown],
  ['ipv6.skip', /^host-has-no-ipv6: /, hostWithoutIpv6],

  ['docker-publish.skip', /^no-container-runtime: /, closed],
  ['docker-publish.pass', null, published(8080)],
  [
    'docker-publish.fail',
    /^10\.77\.3\.2:18080 accepts connections from office: nft table ip nat hands it on to 10\.77\.3\.2 port 8090$/,
    published(8090),
  ],
  ['docker-publish.error', /host:10\.77\.3\.2 could not be asked/, hostDown],

  ['kubernetes-side.skip', /^not-kubernetes: /, closed],
  ['kubernetes-side.pass', null, manifests({ 'cluster.yaml': serviceManifest('ClusterIP') })],
  [
    'kubernetes-side.fail',
    /^Service payroll is of type NodePort \(.*node\.yaml\)$/,
    manifests({ 'node.yaml': serviceManifest('NodePort') }),
  ],
  ['kubernetes-side.error', /is not YAML/, manifests({ 'broken.yaml': 'kind: [' })],
  ['kubernetes-side.error-empty', /has no manifests to read/, manifests({})],

  ['host-sni.pass', null, closed],
  ['host-sni.fail', /10\.77\.3\.2:8080 answers 200 over http to Host payroll\.test/, firewallOpen],
  [
    'host-sni.fail-default-host',
    /10\.77\.2\.2:80 answers 200 over http to Host 10\.77\.3\.2:8080 as the backend does/,
    edgeInstead({ others: 'handed-on' }),
  ],
  ['host-sni.error', /vantage branch could not be asked/, vantageDown],

  ['vhost-bypass.pass', null, routes({ routes: [own], unread: [] })],
  [
    'vhost-bypass.fail',
    /^hr\.test also leads to http:\/\/10\.77\.3\.2:8080 \(\/etc\/lockgate\/sites\.conf:9 of front\), and answers as the backend does$/,
    both(routes({ routes: [own, routeTo('hr.test', 9)], unread: [] }), edgeInstead({ names: bothNames })),
  ],
  [
    'vhost-bypass.fail-wildcard',
    /^\*\.test also leads to/,
    routes({ routes: [own, routeTo('*.test', 9)], unread: [] }),
  ],
  [
    'vhost-bypass.fail-beside',
    /^10\.77\.2\.2:8089 \(.*\) on the host of front answers over http as the backend does/,
    both(routes({ routes: [own], unread: [] }), besideEdge(8089)),
  ],
  [
    'vhost-bypass.error',
    /could not all be read: lua\.conf: a Lua block/,
    routes({ routes: [own], unread: [{ source: 'lua.conf', because: 'a Lua block' }] }),
  ],
  [
    'vhost-bypass.error-blind',
    /no route to http:\/\/10\.77\.3\.2:8080 is among those read/,
    routes({ routes: [], unread: [] }),
  ],

  ['old-dns.skip', /^no-former-names: /, closed],
  ['old-dns.pass', null, oldName({})],
  ['old-dns.pass-edge', null, oldName({ 'payroll-old.test': addressOf('edge') })],
  [
    'old-dns.fail',
    /payroll-old\.test still leads office to 10\.77\.3\.2 \(10\.77\.2\.2 A, cached for up to 300 s\)/,
    oldName({ 'payroll-old.test': host }),
  ],
  ['old-dns.error', /10\.77\.2\.2 answers SERVFAIL/, oldName({ 'payroll-old.test': 'SERVFAIL' })],
  [
    'old-dns.fail-hosts-file',
    /^payroll-old\.test still leads office to 10\.77\.3\.2 \(getent\)$/,
    hostsFileSays(`${host} payroll-old.test\n`),
  ],
  ['old-dns.pass-getent', null, hostsFileSays(`${addressOf('edge')} payroll.test\n`)],
  ['old-dns.error-deaf', /office resolves payroll\.test no more than payroll-old\.test/, hostsFileSays('')],

  ['bind-address.pass', null, closed],
  [
    'bind-address.fail',
    /\[::\]:8080 is bound by .*, which is every address, IPv4 among them/,
    backendInstead({ listen: [{ host: '::', port: 8080 }] }),
  ],
  ['bind-address.error', /listening sockets of host:10\.77\.3\.2 could not be read/, hostDown],

  ['absolute-links.pass', null, closed],
  [
    'absolute-links.fail',
    /^http:\/\/payroll\.test\/config\.json names http:\/\/10\.77\.3\.2:8080 \(in its body\)$/,
    backendInstead({ config: namesUpstream }),
  ],
  ['absolute-links.error', /could not be read from branch/, vantageDown],

  ['flow-residue.pass', null, closed],
  ['flow-residue.fail', /^10\.77\.1\.2 asked host:10\.77\.3\.2 \d+ times?, last at .*, and is no edge/, stranger],
  ['flow-residue.skip', /^no-flow-log-declared: /, logIs(null)],
  ['flow-residue.error', /is not this backend's log, or it is written late/, logIs('other.log', '')],
  ['flow-residue.error-missing', /has no .*missing\.log/, logIs('missing.log')],
  [
    'flow-residue.error-unreadable',
    /neither common, combined nor JSON/,
    logIs('noise.log', 'Listening on port 8080\nready\n'),
  ],
]

export const cases: readonly Case[] = table.map(([name, because, fault]) => ({ name, because, fault }))

export const checkOf = (name: string): string => `consolidate.${name.split('.')[0]}`
export const statusOf = (name: string): VerdictStatus => name.split('.')[1]?.split('-')[0] as VerdictStatus
