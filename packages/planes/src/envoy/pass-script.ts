/**
 * The Lua filter between Envoy's check of the pass and its question to the gateway: it says of which requests the pass is
 * enough, and takes out what no backend may see.
 *
 * jwt_authn keeps tokens that it has verified until they expire, also where their key has been withdrawn meanwhile. So the
 * sessions that have ended are read from the gateway's list, once a second in each worker. Whatever goes wrong here leaves
 * the mark unset, and the gateway is asked.
 */
import { requirePrintable } from '../tree/refuse.ts'

/** JSON's escapes of printable text are Lua's too. */
const luaString = (text: string): string => JSON.stringify(requirePrintable(text))

const script = (deniedFile: string): string => `local denied_file = ${luaString(deniedFile)}
local denied, read_at = nil, 0
local known, count = {}, 0
local identity = {
  'lockgate-user', 'lockgate-email', 'lockgate-subject', 'lockgate-session', 'lockgate-groups', 'lockgate-groups-omitted'
}

local function read_denied()
  local file = io.open(denied_file, 'r')
  if not file then return nil end
  local found = {}
  for line in file:lines() do
    local sid = line:match('^(%S+)')
    if sid then found[sid] = true end
  end
  file:close()
  return found
end

local function has_ended(sid)
  local now = os.time()
  if now ~= read_at then denied, read_at = read_denied(), now end
  return denied == nil or denied[sid] ~= nil
end

local function is_enough(headers)
  local sid = headers:get('lockgate-session')
  return sid and not has_ended(sid) and not headers:get('lockgate-groups-omitted')
end

-- Several Cookie lines are joined by a comma, so a name may also begin after one.
local function read_cookie(cookie)
  local rest = (';' .. cookie):gsub('[;,][ \\t]*__Host%-lockgate[^;,]*', ''):gsub('^[;,][ \\t]*', '')
  local first = cookie:find('__Host-lockgate_pass=', 1, true)
  return { rest = rest, has_one_pass = first and not cookie:find('__Host-lockgate_pass=', first + 1, true) }
end

-- What anonymous clients send is kept in 16 MB a worker at most.
local function read_once(cookie)
  if #cookie > 4096 then return read_cookie(cookie) end
  local read = known[cookie]
  if not read then
    if count >= 2000 then known, count = {}, 0 end
    read = read_cookie(cookie)
    known[cookie], count = read, count + 1
  end
  return read
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local cookie = headers:get('cookie')
  local authorization = headers:get('authorization')
  local read = cookie and read_once(cookie)
  if read then
    if read.rest == '' then headers:remove('cookie') else headers:replace('cookie', read.rest) end
  end
  if read and read.has_one_pass and not authorization and is_enough(headers) then
    handle:streamInfo():dynamicMetadata():set('lockgate', 'passed', true)
    return
  end
  for _, name in ipairs(identity) do headers:remove(name) end
  if cookie then headers:replace('lockgate-sent-cookie', cookie) end
  if authorization then
    headers:replace('lockgate-sent-authorization', authorization)
    headers:remove('authorization')
  end
end
`

/** `deniedFile`: one session a line, replaced by the gateway as a whole; without it every request is asked. */
export const passScript = (deniedFile: string): string => script(deniedFile)

/** Where the script leaves what the gateway is asked with; never forwarded. */
export const sentHeaders = { cookie: 'lockgate-sent-cookie', authorization: 'lockgate-sent-authorization' } as const

/** Set by the script where the pass is enough. */
export const passedMetadata = { filter: 'lockgate', path: [{ key: 'passed' }], value: { bool_match: true } } as const
