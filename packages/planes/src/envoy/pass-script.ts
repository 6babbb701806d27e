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
local joined, count = {}, 0
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

local alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
local digit = { ['-'] = 62, ['_'] = 63 }
for i = 1, 64 do digit[alphabet:sub(i, i)] = i - 1 end

local function from_base64(text)
  local bytes, value, bits = {}, 0, 0
  for char in text:gmatch('[^=]') do
    if not digit[char] then return nil end
    value, bits = value * 64 + digit[char], bits + 6
    if bits >= 8 then
      bits = bits - 8
      local unit = 2 ^ bits
      bytes[#bytes + 1] = string.char(math.floor(value / unit))
      value = value % unit
    end
  end
  return table.concat(bytes)
end

local function unescape(text)
  return (text:gsub('\\\\u00(%x%x)', function(hex) return string.char(tonumber(hex, 16)) end):gsub('\\\\(["\\\\/])', '%1'))
end

-- A JSON list of strings, as base64 of jwt_authn; nil where it is anything else.
local function join_groups(encoded)
  local json = from_base64(encoded)
  local rest = json and json:match('^%[(.*)%]$')
  if not rest then return nil end
  local names, at = {}, 1
  while at <= #rest do
    local last = at
    repeat
      last = rest:find('"', last + 1, true)
      local slashes = last and rest:sub(at, last - 1):match('\\\\*$') or ''
    until not last or #slashes % 2 == 0
    if not last or rest:sub(at, at) ~= '"' then return nil end
    names[#names + 1] = unescape(rest:sub(at + 1, last - 1))
    if last < #rest and rest:sub(last + 1, last + 1) ~= ',' then return nil end
    at = last + 2
  end
  local text = table.concat(names, ',')
  return text:find('[^\\032-\\126]') == nil and text or nil
end

local function groups_of(encoded)
  local text = joined[encoded]
  if text == nil then
    text = join_groups(encoded) or false
    if count >= 1000 then joined, count = {}, 0 end
    joined[encoded], count = text, count + 1
  end
  return text
end

local function is_enough(headers)
  local sid = headers:get('lockgate-session')
  if not sid or has_ended(sid) or headers:get('lockgate-groups-omitted') then return false end
  local encoded = headers:get('lockgate-groups')
  if not encoded then return true end
  local groups = groups_of(encoded)
  if not groups then return false end
  if groups == '' then headers:remove('lockgate-groups') else headers:replace('lockgate-groups', groups) end
  return true
end

-- Several Cookie lines are joined by a comma, so a name may also begin after one.
local function without_ours(cookie)
  local rest = (';' .. cookie):gsub('[;,][ \\t]*__Host%-lockgate[^;,]*', '')
  return (rest:gsub('^[;,][ \\t]*', ''))
end

local function has_one_pass(cookie)
  local first = cookie:find('__Host-lockgate_pass=', 1, true)
  return first and not cookie:find('__Host-lockgate_pass=', first + 1, true)
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local cookie = headers:get('cookie')
  local authorization = headers:get('authorization')
  if cookie then
    local rest = without_ours(cookie)
    if rest == '' then headers:remove('cookie') else headers:replace('cookie', rest) end
  end
  if cookie and not authorization and has_one_pass(cookie) and is_enough(headers) then
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
