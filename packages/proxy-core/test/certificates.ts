/** Self-signed certificates for tests, by openssl. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KeyPair } from '@lockgate/proxy-core'

export function selfSigned(...names: readonly string[]): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-certificate-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  try {
    const subject = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    const argv = ['req', '-x509', ...made, '-subj', `/CN=${names[0]}`, '-addext', subject, '-keyout', key, '-out', cert]
    execFileSync('openssl', argv, { stdio: 'ignore' })
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
