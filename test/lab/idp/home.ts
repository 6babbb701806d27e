/** Where an identity provider runs, and who signs its certificate. */
import { join } from 'node:path'
import { type Authority, createAuthority } from '../certificates.ts'
import type { Lab } from '../lab.ts'
import { openStanding, type Standing } from '../standing.ts'
import type { IdpOptions } from './idp.ts'

export interface Home extends Standing {
  readonly authority: Authority
}

export async function openHome(program: string, options: IdpOptions, lab?: Lab, place?: string): Promise<Home> {
  const standing = openStanding(program, lab, place)
  const authority = options.authority ?? lab?.authority ?? (await createAuthority(join(standing.folder, 'tls')))
  return { ...standing, authority }
}
