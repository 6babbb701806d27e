/** A debug port that someone left open beside an application, where Node's own can't be bound to the demo's network. */
import { createServer } from 'node:http'
import { serve } from './serve.ts'

serve(createServer((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('[]\n')))
