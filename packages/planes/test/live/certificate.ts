/** A self-signed certificate for *.acme.test in a folder. */
import { join } from 'node:path'
import { run } from './run-engine.ts'

export function makeCertificate(folder: string): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(folder, 'edge.pem'), join(folder, 'edge.key')]
  const made = run([
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-keyout', key, '-out', certificate, '-subj', '/CN=edge', '-addext', 'subjectAltName=DNS:*.acme.test'],
  ])
  if (made.code !== 0) throw new Error(made.output)
  return { certificate, key }
}
