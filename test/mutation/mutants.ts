/** Every protection that has an advisory behind it, and how to take it out. */
import { apacheMutants } from './apache-mutants.ts'
import { forwardingMutants } from './forwarding-mutants.ts'
import { gatewayMutants } from './gateway-mutants.ts'
import type { Mutant } from './mutant.ts'
import { ssoMutants } from './sso-mutants.ts'

export const mutants: readonly Mutant[] = [...forwardingMutants, ...ssoMutants, ...gatewayMutants, ...apacheMutants]
