export { type OpenOptions, openReach } from './open-reach.ts'
export { usualPorts } from './usual-ports.ts'
export { connectionKey, viaKey, viaLabel } from './via-name.ts'
