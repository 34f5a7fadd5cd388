import JSON
import TelegramBotAPI

extension World {
    /// How the bot's updates leave: webhook or polling.
    static let webhookMethods: [String: Method] = [
        "setWebhook": { world, context, actions in try world.setWebhook(context, &actions) },
        "deleteWebhook": { world, context, actions in
            world.removeWebhook(context, &actions)
        },
        "getWebhookInfo": { world, context, _ in
            MethodResult(result: world.bots[context.bot].map(Self.webhookInfo) ?? "null")
        },
        "getUpdates": { world, context, actions in try world.getUpdates(context, &actions) },
    ]

    private static let largestCertificate = 3 << 20
    private static let longestSecret = 256

    private mutating func setWebhook(
        _ context: MethodContext, _ actions: inout [WorldAction]
    ) throws(APIFailure) -> MethodResult {
        let arguments = context.arguments
        let url = arguments.string("url")
        guard !url.isEmpty else { return removeWebhook(context, &actions) }
        guard let bot = bots[context.bot] else { throw .unauthorized }
        guard context.now.elapsed >= bot.nextSetWebhook else { throw .tooManyRequests(1) }
        bots[context.bot]?.nextSetWebhook = context.now.elapsed + .seconds(1)

        let secret = arguments.string("secret_token")
        guard secret.utf8.count <= Self.longestSecret else { throw .badRequest("secret token is too long") }
        guard secret.utf8.allSatisfy(Self.isSecretByte) else {
            throw .badRequest("secret token contains unallowed characters")
        }
        let certificate = arguments.files["certificate"]
        if let certificate, certificate.bytes.count > Self.largestCertificate {
            throw .badRequest("certificate size is too big (\(certificate.bytes.count) bytes)")
        }
        let parsed = try WebhookURL(url)
        let fixed = arguments.string("ip_address")
        var address = fixed.isEmpty ? parsed.literalAddress : fixed
        if !settings.allowInsecureWebhooks {
            address = try parsed.check(addresses: context.call.addresses, fixed: fixed.isEmpty ? nil : fixed)
        }
        let most: Int64 = settings.allowInsecureWebhooks ? 100_000 : 100
        let connections = arguments.int("max_connections").flatMap { $0 > 0 ? min($0, most) : nil }
        let webhook = Webhook(
            url: parsed.isHTTPS && !url.contains("://") ? "https://\(url)" : url, secretToken: secret,
            maxConnections: Int(connections ?? Int64(Webhook.defaultConnections)), ipAddress: address,
            hasCustomCertificate: certificate != nil)
        let allowed = Self.allowedUpdates(arguments) ?? bot.engine.allowedUpdates
        let drops = arguments.bool("drop_pending_updates")
        if bot.engine.webhook == webhook, certificate == nil, allowed == bot.engine.allowedUpdates, !drops {
            return .done("Webhook is already set")
        }
        endPoll(of: context.bot, .conflict("terminated by setWebhook request"), &actions)
        bots[context.bot]?.engine.allowedUpdates = allowed
        bots[context.bot]?.engine.setWebhook(webhook, dropPending: drops, now: context.now.elapsed)
        settle(context.bot, context.now, &actions)
        return .done("Webhook was set")
    }

    /// `deleteWebhook`, and `setWebhook` without a URL.
    private mutating func removeWebhook(_ context: MethodContext, _ actions: inout [WorldAction]) -> MethodResult {
        let drops = context.arguments.bool("drop_pending_updates")
        if let allowed = Self.allowedUpdates(context.arguments) { bots[context.bot]?.engine.allowedUpdates = allowed }
        let wasSet = bots[context.bot]?.engine.webhook != nil
        if wasSet || drops {
            bots[context.bot]?.engine.setWebhook(nil, dropPending: drops, now: context.now.elapsed)
            settle(context.bot, context.now, &actions)
        }
        return .done(wasSet ? "Webhook was deleted" : "Webhook is already deleted")
    }

    private mutating func getUpdates(
        _ context: MethodContext, _ actions: inout [WorldAction]
    ) throws(APIFailure) -> MethodResult {
        guard bots[context.bot]?.engine.webhook == nil else {
            throw .conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
        }
        endPoll(
            of: context.bot,
            .conflict("terminated by other getUpdates request; make sure that only one bot instance is running"),
            &actions)
        if let allowed = Self.allowedUpdates(context.arguments) { bots[context.bot]?.engine.allowedUpdates = allowed }
        let limit = context.arguments.int("limit").flatMap { (1...100).contains($0) ? Int($0) : nil } ?? 100
        let timeout = min(max(context.arguments.int("timeout") ?? 0, 0), 50)
        bots[context.bot]?.poll = PendingPoll(
            call: context.callID, offset: context.arguments.int("offset") ?? 0, limit: limit,
            deadline: context.now.elapsed + .seconds(timeout))
        settle(context.bot, context.now, &actions)
        return .pending
    }

    /// The kinds that `allowed_updates` asks for; `nil`: it is absent or no list, and what was set before stays.
    static func allowedUpdates(_ arguments: APIArguments) -> Set<UpdateKind>? {
        guard case .array(let names)? = arguments.json("allowed_updates") else { return nil }
        let kinds = names.compactMap { $0.stringValue.flatMap { UpdateKind(rawValue: $0.lowercased()) } }
        let known = Set(kinds).subtracting([.unknown])
        return known.isEmpty ? DeliveryEngine.defaultUpdates : known
    }

    /// `WebhookInfo`.
    static func webhookInfo(_ bot: Bot) -> String {
        let engine = bot.engine
        return JSONObjectWriter.object {
            $0.add("url", engine.webhook?.url ?? "")
            $0.add("has_custom_certificate", engine.webhook?.hasCustomCertificate ?? false)
            $0.add("pending_update_count", Int64(engine.pendingCount))
            if let webhook = engine.webhook {
                $0.addIfPresent("ip_address", webhook.ipAddress)
                if let error = engine.lastError {
                    $0.add("last_error_date", error.date)
                    $0.add("last_error_message", error.message)
                }
                $0.add("max_connections", Int64(webhook.maxConnections))
            }
            if engine.allowedUpdates != DeliveryEngine.defaultUpdates {
                let names = UpdateKind.known.filter(engine.allowedUpdates.contains).map {
                    JSONValue.string($0.rawValue)
                }
                $0.add("allowed_updates", .array(names))
            }
        }
    }

    private static func isSecretByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
