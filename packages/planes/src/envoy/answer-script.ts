/**
 * The Lua filter next to the backend: a cookie of ours that a backend sets would sign people in as whom it likes. What the
 * gateway itself sets with its yes is added after it; its no, which comes by here, has a reference, of which the route has
 * rid the backend's answers.
 */
export const answerScript = `function envoy_on_response(handle)
  local headers = handle:headers()
  if not headers:get('set-cookie') or headers:get('lockgate-reference') then return end
  local kept, all = {}, headers:getNumValues('set-cookie')
  for index = 0, all - 1 do
    local cookie = headers:getAtIndex('set-cookie', index)
    if not cookie:lower():find('^%s*__host%-lockgate') then kept[#kept + 1] = cookie end
  end
  if #kept == all then return end
  headers:remove('set-cookie')
  for _, cookie in ipairs(kept) do headers:add('set-cookie', cookie) end
end
`
