/** Where backends come from: proxy configurations, manifests, workspaces, logs and scans. */
export { readApache } from './apache/read-apache.ts'
export { readEnvoy } from './envoy/read-envoy.ts'
export { filesIn, filesOf, localFiles } from './files.ts'
export { readNginx } from './nginx/read-nginx.ts'
export { readRoutes } from './read-routes.ts'
export type { Files, ProxyRead, Unread } from './shapes.ts'
