/** The checks of stage consolidate, in the order in which they are told. */
import type { Check } from '@lockgate/model'
import { brokered } from './brokered.ts'
import { portSweep } from './port-sweep.ts'
import { tcpDirect } from './tcp-direct.ts'

export const consolidateChecks: readonly Check[] = [brokered, tcpDirect, portSweep]
