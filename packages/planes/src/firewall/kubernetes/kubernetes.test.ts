import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { expectGolden } from '../../../test/golden.ts'
import { hostModel, settingsOf } from '../../../test/model.ts'
import { kubernetes } from './kubernetes.ts'
import { objectName } from './objects.ts'

const folder = '/srv/manifests'
const payroll = { id: 'payroll', public: 'http://payroll.acme.test', upstream: 'http://payroll.hr.svc:8080' }
const wiki = { id: 'Wiki_2', public: 'http://wiki.acme.test', upstream: 'http://10.96.0.7:80' }
const model = (backends: readonly object[], host = {}) =>
  hostModel(
    settingsOf({
      backends: backends as Record<string, unknown>[],
      host: { firewall: { kubernetes: folder }, ...host },
    }),
  )
const render = (text: string, backends: readonly object[] = [payroll], host = {}) =>
  kubernetes.render(model(backends, host), { [`${folder}/app.yaml`]: text })

const manifests = `
apiVersion: v1
kind: Service
metadata: { name: payroll, namespace: hr }
spec:
  type: NodePort
  externalIPs: [10.20.0.11]
  selector: { app: payroll }
  ports: [{ port: 8080, targetPort: http, nodePort: 30080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: payroll, namespace: hr }
spec:
  template:
    metadata: { labels: { app: payroll } }
    spec: { containers: [{ name: main, ports: [{ name: http, containerPort: 8000 }] }] }
---
kind: List
items:
  - kind: Service
    metadata: { name: wiki }
    spec: { clusterIP: 10.96.0.7, selector: { app: "yes" }, ports: [{ port: 80, targetPort: 8000 }] }
`

describe('kubernetes', () => {
  test.each(['lockgate-networkpolicy.yaml', 'service-hr-payroll.patch.yaml'])('writes %s', (name) => {
    const { target } = render(manifests, [payroll, wiki], { close: [9464] })
    expect(target.files.length).toBe(2)
    const file = target.files.find((one) => one.path === `${folder}/lockgate/${name}`)
    expectGolden(new URL(`testdata/${name}`, import.meta.url), file?.content)
  })

  test('lets the edges reach the upstream port of the pods and nothing else', () => {
    const policies = parseAllDocuments(render(manifests, [payroll, wiki]).target.files[0]?.content ?? '').map((one) =>
      one.toJS(),
    )
    expect(policies[1].spec).toEqual({
      podSelector: { matchLabels: { app: 'yes' } },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ ipBlock: { cidr: '10.10.0.2/32' } }, { ipBlock: { cidr: 'fd00:10::2/128' } }],
          ports: [{ protocol: 'TCP', port: 8000 }],
        },
      ],
    })
  })

  test('gives a step for each file, done when a file of the folder names it', () => {
    const { steps } = render(manifests)
    expect(steps.map((one) => [one.file, one.expects])).toEqual([
      [folder, 'lockgate/lockgate-networkpolicy.yaml'],
      [folder, 'lockgate/service-hr-payroll.patch.yaml'],
    ])
    expect(steps[1]?.text).toContain('kubectl -n hr patch service payroll --type merge')
  })

  const deployment = (spec: string) =>
    `kind: Deployment\nmetadata: { name: d, namespace: hr }\nspec: { template: { metadata: { labels: { app: payroll } }, spec: ${spec} } }\n---\n${manifests}`

  test.each<[string, string, object, string]>([
    ['no Service', 'kind: ConfigMap', payroll, 'kubernetes-service'],
    ['no such port', manifests, { ...payroll, upstream: 'http://payroll.hr.svc:9' }, 'kubernetes-port'],
    [
      'an upstream that is a node port',
      manifests,
      { ...payroll, upstream: 'http://10.20.0.9:30080' },
      'kubernetes-node-port',
    ],
    [
      'no selector',
      'kind: Service\nmetadata: { name: payroll, namespace: hr }\nspec: { ports: [{ port: 8080 }] }',
      payroll,
      'kubernetes-selector',
    ],
    [
      'the network of the node',
      deployment('{ hostNetwork: true, containers: [] }'),
      payroll,
      'kubernetes-host-network',
    ],
    [
      'a host port',
      deployment('{ containers: [{ ports: [{ containerPort: 8000, hostPort: 80 }] }] }'),
      payroll,
      'kubernetes-host-port',
    ],
    ['no YAML', 'kind: [', payroll, 'kubernetes-unread'],
    ['a name that is a path', 'kind: Service\nmetadata: { name: "../../x" }', payroll, 'kubernetes-unread'],
  ])('%s is a required gap', (_title, text, backend, feature) =>
    expect(render(text, [backend]).gaps).toContainEqual(expect.objectContaining({ feature, required: true })),
  )

  test('does not change the Service whose node port the edge asks', () => {
    const { target } = render(manifests, [{ ...payroll, upstream: 'http://10.20.0.9:30080' }])
    expect(target.files.some((one) => one.path.endsWith('.patch.yaml'))).toBe(false)
  })

  test('reads the manifests of the folder', async () => {
    const host = model([payroll]).host
    expect(await kubernetes.reads(host, async () => ['a.yaml', 'b.yml', 'c.json', 'lockgate', 'd.txt'])).toEqual(
      ['a.yaml', 'b.yml', 'c.json'].map((name) => `${folder}/${name}`),
    )
  })

  test('the part of a backend stays when another one comes', () =>
    expect(render(manifests, [payroll, wiki]).target.parts.payroll).toEqual(render(manifests).target.parts.payroll))

  test.each([
    ['payroll', 'lockgate-payroll'],
    ['Wiki_2', /^lockgate-wiki-2-[0-9a-f]{6}$/],
    ['wiki-2', 'lockgate-wiki-2'],
  ])('the object of %s is %s', (id, name) => expect(objectName(id)).toMatch(name))
})
