export { type OpenOptions, openReach } from './open-reach.ts'
export { sudoersLines } from './ssh/sudoers-lines.ts'
export { usualPorts } from './usual-ports.ts'
export { connectionKey, viaKey, viaLabel } from './via-name.ts'
