/** The demo company. */
export type { DemoOptions } from './demo-options.ts'
export { runDemo } from './run-demo.ts'
export { openSimulatedReach } from './simulated/simulated-reach.ts'
