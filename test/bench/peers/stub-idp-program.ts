/** The stub provider as a process of its own, so that its work is not counted as ours: PORT. */
import { startStubIdp } from './stub-idp.ts'

await startStubIdp(Number(process.argv[2]), 'bench')
