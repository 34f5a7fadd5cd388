import Foundation
import JSON
import TestRig

/// Runs a health check of Argo CD as Argo CD does: Lua 5.1, the object in the global `obj`, no libraries but `table`.
struct LuaHealth: Equatable, CustomStringConvertible {
    let status: String
    let message: String
    var description: String { "\(status): \(message)" }

    init(status: String, message: String) {
        self.status = status
        self.message = message
    }

    /// What the script says of the object.
    init(script: String, object: JSONValue) async throws {
        // The script gets an environment that has what Argo CD opens, less what writes or loads; strings have no methods
        // there, and a global that is set by mistake ends it.
        let runner = """
            debug.setmetatable("", nil)
            local names = {ipairs = ipairs, pairs = pairs, next = next, type = type, tostring = tostring,
              tonumber = tonumber, table = table, obj = \(Self.literal(object))}
            local environment = setmetatable({}, {__index = function(_, name)
              if names[name] == nil then error("there is no " .. name, 2) end
              return names[name]
            end, __newindex = function(_, name) error(name .. " is a global", 2) end})
            local check = assert(loadstring(\(Self.literal(.string(script)))))
            local health = setfenv(check, environment)()
            io.write(health.status, "\\n", health.message or "")
            """
        let output = try await Command("lua5.1", ["-"], input: Array(runner.utf8)).runSuccessfully().text
        let lines = output.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        status = lines.first.map(String.init) ?? ""
        message = lines.dropFirst().first.map(String.init) ?? ""
    }

    /// The value as an expression of Lua.
    static func literal(_ value: JSONValue) -> String {
        switch value {
        case .null: return "nil"
        case .bool(let value): return "\(value)"
        case .int(let value): return "\(value)"
        case .double(let value): return "\(value)"
        case .string(let text):
            // Three digits each: the shortest form would swallow a digit that follows.
            let bytes = text.utf8.map { "\\" + String(repeating: "0", count: $0 > 99 ? 0 : $0 > 9 ? 1 : 2) + "\($0)" }
            return "\"\(bytes.joined())\""
        case .array(let elements): return "{\(elements.map(literal).joined(separator: ", "))}"
        case .object(let members):
            let pairs = members.sorted { $0.key < $1.key }.map {
                "[\(literal(.string($0.key)))] = \(literal($0.value))"
            }
            return "{\(pairs.joined(separator: ", "))}"
        }
    }
}
