/** The same surroundings seen from another vantage. */
import type { Io, VantageIo } from '@lockgate/model'

export const standingAt = (io: Io, at: VantageIo): Io => ({ ...io, at })
