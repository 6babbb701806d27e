/** The edge that goldens show: every kind of backend, two schemes, two address families. */
import type { EdgeModel } from '@lockgate/model'
import { edgeModel, settingsOf } from './model.ts'

const goldenBackends = [
  { id: 'payroll', public: 'https://payroll.acme.test', upstream: 'http://10.20.0.11:8080', health: '/healthz' },
  {
    id: 'wiki.old-1',
    public: 'http://wiki.acme.test',
    upstream: 'http://wiki.internal:9000',
    paths: { 'encoded-slash': 'keep', 'empty-segments': 'merge', 'dot-segments': 'resolve', parameters: 'keep' },
    limits: { body: '512KiB', timeout: '90s' },
  },
  { id: 'crm', public: 'https://crm.acme.test:8443', upstream: 'https://[fd00:20::12]:8443' },
]

export const goldenModel = (plane: string, edge: Readonly<Record<string, unknown>> = {}, count = 3): EdgeModel =>
  edgeModel(
    settingsOf({
      edges: [
        {
          plane,
          config: `/etc/${plane}/lockgate`,
          listen: [
            'http://10.10.0.2:80',
            'http://[fd00:10::2]:80',
            'https://10.10.0.2:443',
            'https://[fd00:10::2]:443',
            'https://10.10.0.2:8443',
          ],
          tls: {
            certificate: '/etc/ssl/acme.pem',
            key: '/etc/ssl/acme.key',
            names: { 'crm.acme.test': { certificate: '/etc/ssl/crm.pem', key: '/etc/ssl/crm.key' } },
          },
          ...edge,
        },
      ],
      backends: goldenBackends.slice(0, count),
    }),
  )

export const printFiles = (files: readonly { readonly path: string; readonly content: string }[]): string =>
  files.map((one) => `==> ${one.path}\n${one.content}`).join('\n')
