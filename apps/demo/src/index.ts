/** The demo company. */
export { type DemoOptions, runDemo } from './run-demo.ts'
