/** Runs where Keycloak stands and asks what it is told to: `asking.ts SETTING`, orders come over its socket. */
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { createBrowser } from '@lockgate/demo/idp'
import type { AskingAnswer, AskingOrder, AskingSetting } from './browser-at.ts'

const { socket, ca, patience } = JSON.parse(process.argv[2] ?? '{}') as AskingSetting
const browser = createBrowser({ ca: [ca], patience })

async function carryOut({ url, visit }: AskingOrder): Promise<AskingAnswer> {
  try {
    const { forms: _, ...page } = await browser.ask(url, visit)
    return { page: { ...page, url: page.url.href } }
  } catch (error) {
    return { error: String(error) }
  }
}

createServer(async (request, response) => {
  response.end(JSON.stringify(await carryOut((await json(request)) as AskingOrder)))
}).listen(socket, () => process.stdout.write('listening\n'))
