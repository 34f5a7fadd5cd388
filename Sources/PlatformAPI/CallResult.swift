import JSON

/// The value of a record on a bot's results topic: what became of a call that asked for its result. Its key is the request's id.
package struct CallResult: Sendable, Equatable {
    /// What the worker chose.
    package var requestID: String?
    package var method: String
    /// Calls made.
    package var attempts: Int
    package var outcome: Outcome

    /// How a call ended.
    package enum Outcome: Sendable, Equatable {
        /// The Bot API's `result`, byte for byte; `nil` when there is none: it said that the message is so already, or the result is
        /// larger than the broker takes.
        case done(result: [UInt8]?)
        /// It is on the dead-letter topic, for the same reason.
        case failed(reason: String, description: String, errorCode: Int?)
    }

    package init(requestID: String?, method: String, attempts: Int, outcome: Outcome) {
        self.requestID = requestID
        self.method = method
        self.attempts = attempts
        self.outcome = outcome
    }

    /// `{"request_id":"…","method":"…","attempts":1,"ok":true,"result":…}`, or with `"ok":false` the fields `reason`, `description`
    /// and, where the Bot API gave one, `error_code`.
    package func encode() -> [UInt8] {
        var text = "{"
        if let requestID { Self.append("request_id", requestID, to: &text) }
        Self.append("method", method, to: &text)
        text += "\"attempts\":\(attempts),\"ok\":"
        switch outcome {
        case .done(result: nil): return Array((text + "true}").utf8)
        case .done(.some(let result)):
            return Array((text + "true,\"result\":").utf8) + result + [UInt8(ascii: "}")]
        case .failed(let reason, let description, let errorCode):
            text += "false,"
            if let errorCode { text += "\"error_code\":\(errorCode)," }
            Self.append("reason", reason, to: &text)
            text += "\"description\":"
            JSONText.append(description, to: &text)
            return Array((text + "}").utf8)
        }
    }

    private static func append(_ name: String, _ value: String, to text: inout String) {
        text += "\"\(name)\":"
        JSONText.append(value, to: &text)
        text += ","
    }
}
