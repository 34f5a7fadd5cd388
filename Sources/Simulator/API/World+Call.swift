import TelegramBotAPI

extension World {
    /// A method of the Bot API. It may add to the actions, and throws nothing but ``APIFailure`` (which the type does not
    /// say because Swift 6.3 crashes on closures with typed throws inside of such closures).
    typealias Method = @Sendable (inout World, MethodContext, inout [WorldAction]) throws -> MethodResult

    /// The methods that do what Telegram does; others see ``unmodelled(_:_:)``.
    static let methods: [String: Method] = {
        var methods: [String: Method] = [:]
        for group in [
            webhookMethods, messageMethods, mediaMethods, editMethods, profileMethods, commandMethods,
            menuButtonMethods, chatMethods,
        ] {
            for (name, method) in group { methods[name.lowercased()] = method }
        }
        return methods
    }()

    /// Carries out a call. No reply: it waits, its answer comes as an action under `id`.
    mutating func call(_ call: APICall, id: UInt64, _ now: Moment) -> (reply: APIReply?, actions: [WorldAction]) {
        var actions: [WorldAction] = []
        guard Self.looksLikeToken(call.token) else { return (.failure(.notFound), []) }
        guard let bot = tokens[call.token] else { return (.failure(.unauthorized), []) }
        guard bots[bot]?.isLoggedOut == false else {
            return (.failure(APIFailure(code: 400, description: "Logged out")), [])
        }
        let context = MethodContext(bot: bot, callID: id, call: call, now: now)
        let fault = faults.take(bot: bot, method: call.method, chat: chatForFault(context), random: &random)
        var reply: APIReply?
        if let fault, let code = fault.errorCode {
            let failure = APIFailure.injected(fault, code: code)
            remember(context, .failure(failure), &actions)
            reply = .failure(failure)
            if let body = fault.body {
                reply?.body = Array(body.utf8)
                reply?.contentType = "text/html"
            }
        } else if fault?.cut == .before {
            remember(context, .failure(APIFailure(code: 0, description: "connection cut before the call")), &actions)
            reply = APIReply(status: 0, body: [])
        } else {
            reply = carryOut(context, &actions)
        }
        if let milliseconds = fault?.delayMilliseconds { reply?.delay = .milliseconds(milliseconds) }
        if fault?.cut != nil { reply?.isCut = true }
        return (reply, actions)
    }

    private mutating func carryOut(_ context: MethodContext, _ actions: inout [WorldAction]) -> APIReply? {
        do {
            let name = context.call.method.lowercased()
            let result: MethodResult
            if let method = Self.methods[name] {
                result = try method(&self, context, &actions)
            } else {
                result = try unmodelled(context, &actions)
            }
            if result.isPending { return nil }
            remember(context, .success(result), &actions)
            return .ok(result.result, description: result.description)
        } catch {
            let failure = error as? APIFailure ?? APIFailure(code: 500, description: "Internal Server Error")
            remember(context, .failure(failure), &actions)
            return .failure(failure)
        }
    }

    /// Methods without rules of their own: what sends makes a message, what changes something says `true`, and what would
    /// have to make something up is refused.
    private mutating func unmodelled(
        _ context: MethodContext, _ actions: inout [WorldAction]
    ) throws(APIFailure) -> MethodResult {
        guard let name = RetryClass.canonicalName(context.call.method) else { throw .methodNotFound }
        switch RetryClass.of(name) {
        case .creates where name.hasPrefix("send"): return try sendOther(context)
        case .converges, .answersOnce, .ephemeral: return .done
        case .creates, .reads, .session: throw .badRequest("method \(name) is not available in the simulator")
        }
    }

    /// Puts a call into the record. `getUpdates` is left out: it comes all the time and says nothing.
    private mutating func remember(
        _ context: MethodContext, _ outcome: Result<MethodResult, APIFailure>, _ actions: inout [WorldAction]
    ) {
        let method = RetryClass.canonicalName(context.call.method) ?? context.call.method
        guard method != "getUpdates" else { return }
        let arguments = context.arguments
        let ended = record.append { sequence in
            var result: MethodResult?
            var failure: APIFailure?
            switch outcome {
            case .success(let value): result = value
            case .failure(let error): failure = error
            }
            let text = arguments.isPresent("text") ? arguments.string("text") : arguments.string("caption")
            return RecordedCall(
                sequence: sequence, time: context.now.unixMicroseconds, bot: context.bot, method: method,
                parameters: arguments.recorded, chatID: result?.chatID ?? arguments.int("chat_id"),
                messageID: result?.messageID, text: text.isEmpty ? nil : text, ok: failure == nil,
                errorCode: failure?.code, description: failure?.description ?? result?.description,
                viaWebhook: context.call.viaWebhook)
        }
        for wait in ended { actions.append(.endWait(wait)) }
    }

    private func chatForFault(_ context: MethodContext) -> Int64? {
        context.arguments.int("chat_id") ?? queries[context.arguments.string("callback_query_id")]?.chatID
    }

    /// What the front of Telegram's servers takes for a token; the rest is 404.
    private static func looksLikeToken(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].first, first != UInt8(ascii: "0"), !parts[1].isEmpty else {
            return false
        }
        return parts[0].allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
