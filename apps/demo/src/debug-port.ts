/** A debug port that someone left open beside an application, where Node's own can't be bound to the demo's network. */
import { createServer } from 'node:http'

const [host = '::', port = '9229'] = process.argv.slice(2)
createServer((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('[]\n')).listen(
  Number(port),
  host,
  () => console.log('listening'),
)
