/** Headers by which a decision could be asked about another request than the one that is forwarded. */
import { type Forgery, forgedCheck } from './forged-headers.ts'

/** CVE-2026-40575 and its kind: what some proxy decides on, and what an attacker would rather have it see. */
const spoofs: readonly (readonly [string, string])[] = [
  ['X-Forwarded-Uri', '/healthz'],
  ['X-Forwarded-Uri', '/.lockgate/jwks.json'],
  ['X-Forwarded-Path', '/healthz'],
  ['X-Forwarded-Prefix', '/.lockgate'],
  ['X-Original-URL', '/healthz'],
  ['X-Original-URI', '/.lockgate/jwks.json'],
  ['X-Rewrite-URL', '/healthz'],
  ['X-Forwarded-Method', 'OPTIONS'],
  ['X-Original-Method', 'OPTIONS'],
  ['X-HTTP-Method-Override', 'OPTIONS'],
  ['X-Forwarded-For', '127.0.0.1'],
  ['X-Real-IP', '127.0.0.1'],
  ['X-Client-IP', '127.0.0.1'],
  ['True-Client-IP', '127.0.0.1'],
  ['Forwarded', 'for=127.0.0.1;host=localhost;proto=https'],
  ['X-Forwarded-Host', 'localhost'],
  ['X-Host', 'localhost'],
  ['X-Forwarded-Proto', 'http'],
  ['X-Forwarded-Scheme', 'http'],
  ['Lockgate-Target', '/.lockgate/jwks.json'],
  ['Lockgate-Method', 'OPTIONS'],
  ['Lockgate-Backend', 'lockgate-verify'],
  ['Lockgate-Host', 'lockgate.invalid'],
  ['Lockgate-Source', '127.0.0.1'],
  ['Lockgate-Status', '200'],
]

const forgery = (name: string, value: string): Forgery => ({ what: `${name}: ${value}`, headers: [[name, value]] })

export const forwardedUri = forgedCheck(
  'forwarded-uri',
  'The decision is about the request that is forwarded, whatever headers say of it',
  () => [
    ...spoofs.map(([name, value]) => forgery(name, value)),
    ...spoofs
      .filter(([name]) => name.startsWith('Lockgate'))
      .map(([name, value]) => forgery(name.replaceAll('-', '_'), value)),
    { what: 'all of them', headers: spoofs },
  ],
)
