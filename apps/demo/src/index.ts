/** The demo company. */
export { type DemoOptions, runDemo } from './run-demo.ts'
export { openSimulatedReach } from './simulated/simulated-reach.ts'
