-- How Argo CD sees a TelegramBot. Its status follows kstatus: observedGeneration, Reconciling, Stalled, Ready.
-- Lua 5.1 without the libraries string, io and os: Argo CD opens none of them for health checks.
local function found(obj)
  local conditions = {}
  if obj.status ~= nil and obj.status.conditions ~= nil then
    for _, condition in ipairs(obj.status.conditions) do
      conditions[condition.type] = condition
    end
  end
  return conditions
end

local function is(condition, status)
  return condition ~= nil and condition.status == status
end

local function health(status, condition)
  local message = condition.message
  if message == nil or message == "" then
    message = condition.reason
  elseif condition.status ~= "True" or condition.type ~= "Ready" then
    message = condition.reason .. ": " .. message
  end
  return {status = status, message = message}
end

local conditions = found(obj)
local ready = conditions.Ready

if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "The operator has not seen the latest change yet"}
end
if is(conditions.Reconciling, "True") then
  return health("Progressing", conditions.Reconciling)
end
if is(conditions.Stalled, "True") then
  return health("Degraded", conditions.Stalled)
end
if is(ready, "True") then
  if ready.reason == "Suspended" then
    return health("Suspended", ready)
  end
  return health("Healthy", ready)
end
if is(ready, "False") then
  return health("Degraded", ready)
end
return {status = "Progressing", message = "The operator has not said yet whether the bot is ready"}
