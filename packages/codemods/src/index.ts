/** Finds and removes a backend's own login. */
export { type ScanOptions, scanCode } from './scan-code.ts'
