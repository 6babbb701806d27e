/** http-proxy-3 as its README sets it up, with kept-alive connections to the backend. */
import { Agent } from 'node:http'
import { createProxyServer } from 'http-proxy-3'

const agent = new Agent({ keepAlive: true, maxSockets: 1024 })
const proxy = createProxyServer({ target: `http://127.0.0.1:${process.argv[3]}`, agent, xfwd: true })
proxy.on('error', () => undefined)
proxy.listen(Number(process.argv[2]), '127.0.0.1')
