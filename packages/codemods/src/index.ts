/** Finds and removes a backend's own login. */
export { type MigrateOptions, type Migration, migrateCode } from './migrate/migrate-code.ts'
export type { Decision } from './migrate/scene.ts'
export { type FileChange, unifiedPatch } from './migrate/unified-patch.ts'
export { writeChanges } from './migrate/write-changes.ts'
export { type ScanOptions, scanCode } from './scan-code.ts'
