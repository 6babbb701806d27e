/** Finds ports for engines whose configuration must name them. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'

/** Ports that nobody listens on, below the range from which the kernel takes its own. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = 15_000 + (randomBytes(2).readUInt16BE() % 15_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen({ port, host: '::', exclusive: true }, () => server.close(() => resolve(true)))
    })
    if (free && !ports.includes(port)) ports.push(port)
  }
  return ports
}
