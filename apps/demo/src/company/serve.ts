/** Listens as the application's arguments say: `HOST PORT`, on both address families where HOST is `::`. */
import type { Server } from 'node:http'

export function serve(server: Server): void {
  const [host = '::', port = '8080'] = process.argv.slice(2)
  server.listen(Number(port), host, () => process.stdout.write('listening\n'))
  process.on('SIGTERM', () => process.exit(0))
}
