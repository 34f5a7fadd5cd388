import JSON

/// What a call is answered with.
struct APIReply: Sendable, Equatable {
    var status: Int
    var body: [UInt8]
    var contentType = "application/json"
    /// The `Retry-After` header, seconds.
    var retryAfter: Int?
    /// No answer at all: the connection is cut off.
    var isCut = false
    /// How long the answer is held back, real time.
    var delay: Duration?

    /// `{"ok":true,"result":…}`.
    static func ok(_ result: String, description: String? = nil) -> APIReply {
        let text = JSONObjectWriter.object {
            $0.add("ok", true)
            $0.add("result", raw: result)
            $0.addIfPresent("description", description)
        }
        return APIReply(status: 200, body: Array(text.utf8))
    }

    /// `{"ok":false,"error_code":…,"description":…}`.
    static func failure(_ failure: APIFailure) -> APIReply {
        let text = JSONObjectWriter.object {
            $0.add("ok", false)
            $0.add("error_code", Int64(failure.code))
            $0.add("description", failure.description)
            if failure.retryAfter != nil || failure.migrateToChatID != nil {
                let parameters = JSONObjectWriter.object {
                    if let chat = failure.migrateToChatID { $0.add("migrate_to_chat_id", chat) }
                    if let seconds = failure.retryAfter { $0.add("retry_after", Int64(seconds)) }
                }
                $0.add("parameters", raw: parameters)
            }
        }
        return APIReply(status: failure.code, body: Array(text.utf8), retryAfter: failure.retryAfter)
    }
}

extension APIReply {
    /// The answer to `getUpdates`.
    static func updates(_ updates: [[UInt8]]) -> APIReply {
        var body = Array(#"{"ok":true,"result":["#.utf8)
        for (index, update) in updates.enumerated() {
            if index > 0 { body += Array(",\n".utf8) }
            body += update
        }
        body += Array("]}".utf8)
        return APIReply(status: 200, body: body)
    }
}

extension APIReply {
    /// What a server says that is about to stop.
    static let restarting = APIReply.failure(APIFailure(code: 500, description: "Internal Server Error: restart"))
}
