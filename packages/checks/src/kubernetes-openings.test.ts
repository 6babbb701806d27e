import { expect, test } from 'vitest'
import { kubernetesOpenings, type Upstream } from './kubernetes-openings.ts'

const upstream: Upstream = { host: 'payroll.hr.svc.cluster.local', port: 8080, addresses: ['10.96.0.7'] }
const service = (spec: string, name = 'payroll') => `kind: Service\nmetadata: {name: ${name}}\nspec: {${spec}}\n`
const workload = (kind: string, spec: string) =>
  `kind: ${kind}\nmetadata: {name: payroll}\nspec: {template: {spec: {${spec}}}}\n`

test.each([
  ['a cluster service', service('ports: [{port: 80}]'), []],
  [
    'a node port',
    service('type: NodePort, ports: [{port: 80, nodePort: 30080}]'),
    ['is of type NodePort (node ports 30080)'],
  ],
  ['a load balancer', service('type: LoadBalancer'), ['is of type LoadBalancer']],
  ['external IPs', service('externalIPs: [192.0.2.1]'), ['has externalIPs 192.0.2.1']],
  ['another service', service('type: NodePort, ports: [{port: 443}]', 'other'), []],
  [
    'another name for the same port',
    service('type: NodePort, ports: [{port: 80, targetPort: 8080}]', 'other'),
    ['is of type NodePort'],
  ],
  ['the host network', workload('Deployment', 'hostNetwork: true'), ['has hostNetwork: true']],
  ['a host port', workload('DaemonSet', 'containers: [{ports: [{hostPort: 8080}]}]'), ['has hostPort 8080']],
  ['a pod', 'kind: Pod\nmetadata: {name: payroll}\nspec: {hostNetwork: true}\n', ['has hostNetwork: true']],
  [
    'a cron job',
    'kind: CronJob\nmetadata: {name: a}\nspec: {jobTemplate: {spec: {template: {spec: {hostNetwork: true}}}}}\n',
    ['has hostNetwork: true'],
  ],
  [
    'a list',
    `kind: List\nitems:\n- {kind: Service, metadata: {name: payroll}, spec: {type: NodePort}}\n`,
    ['is of type NodePort'],
  ],
  ['several documents', `${service('ports: []')}---\n${service('type: NodePort')}`, ['is of type NodePort']],
  ['a document that is only an anchor', '&a [*a]\n', []],
  ['nothing', '', []],
] as const)('%s', (_title, text, expected) =>
  expect(kubernetesOpenings(text, 'a.yaml', upstream).map((one) => one.opens)).toEqual(expected),
)

test.each([
  ['no YAML', 'kind: ['],
  [
    'aliases that would blow it up',
    `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n`,
  ],
])('throws at %s', (_title, text) => expect(() => kubernetesOpenings(text, 'a.yaml', upstream)).toThrow())
