/** The demo company's certificate authority: one root for a day, and server certificates by it. */
import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 86_400_000

export interface Authority {
  /** PEM file that clients trust. */
  readonly ca: string
  /** Writes NAME.pem and NAME.key (0600) for these DNS names and IP addresses. */
  issue(name: string, subjects: readonly string[]): Promise<{ readonly certificate: string; readonly key: string }>
}

const window = (now: number) => ({ notBefore: new Date(now - 60_000), notAfter: new Date(now + dayMs) })
const serial = (): string => `00${randomBytes(15).toString('hex')}`

async function writeKey(file: string, key: webcrypto.CryptoKey): Promise<void> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  writeFileSync(file, `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`, { mode: 0o600 })
}

/** `now`: milliseconds since the epoch. The root's own key is in memory only. */
export async function createAuthority(folder: string, now: number): Promise<Authority> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  cryptoProvider.set(webcrypto as typeof globalThis.crypto)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const name = 'CN=Acme demo root'
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name,
    ...window(now),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, `${root.toString('pem')}\n`)
  return {
    ca,
    issue: async (file, subjects) => {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const leaf = await X509CertificateGenerator.create({
        serialNumber: serial(),
        subject: `CN=${subjects[0]}`,
        issuer: name,
        ...window(now),
        signingAlgorithm: algorithm,
        signingKey: keys.privateKey,
        publicKey: own.publicKey,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          await AuthorityKeyIdentifierExtension.create(keys.publicKey),
          await SubjectKeyIdentifierExtension.create(own.publicKey),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension(
            subjects.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
          ),
        ],
      })
      const pair = { certificate: join(folder, `${file}.pem`), key: join(folder, `${file}.key`) }
      writeFileSync(pair.certificate, `${leaf.toString('pem')}\n`)
      await writeKey(pair.key, own.privateKey)
      return pair
    },
  }
}
