/** A certificate authority and server certificates for tests, made by openssl. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { must } from './run.ts'

export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

export interface Authority {
  /** PEM file that clients trust. */
  readonly ca: string
  /** A certificate for these DNS names and IP addresses, valid for a day. */
  issue(file: string, names: readonly string[]): Promise<KeyPair>
}

const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export async function createAuthority(folder: string): Promise<Authority> {
  mkdirSync(folder, { recursive: true })
  const ca = `${folder}/ca.pem`
  const caKey = `${folder}/ca.key`
  const subject = ['-subj', '/CN=Lab CA', '-days', '1']
  await must(['openssl', 'req', '-x509', ...ecKey, ...subject, '-keyout', caKey, '-out', ca])
  return {
    ca,
    issue: async (file, names) => {
      const pair = { certificate: `${folder}/${file}.pem`, key: `${folder}/${file}.key` }
      const request = `${folder}/${file}.csr`
      const extensions = `${folder}/${file}.ext`
      writeFileSync(
        extensions,
        `subjectAltName=${names.map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`).join(',')}\n`,
      )
      await must(['openssl', 'req', ...ecKey, '-subj', `/CN=${names[0]}`, '-keyout', pair.key, '-out', request])
      const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '1', '-extfile', extensions]
      await must(['openssl', 'x509', '-req', '-in', request, ...signing, '-out', pair.certificate])
      return pair
    },
  }
}
