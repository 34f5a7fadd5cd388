import FoundationEssentials
import JSON
import KubernetesTypes
import PlatformAPI
import TelegramBotAPI

extension BotPlanning {
    // MARK: Profile

    /// The calls that bring the profile to what the spec says.
    func planProfile(_ context: WorkerContext) async throws {
        let wish = ProfileWish(bot.spec.profile)
        let known = status.profile
        var managed = Set((known?.managed ?? []).compactMap { ProfileKey($0) })
        if wish.values[.defaultName] == nil { managed.remove(.defaultName) }
        guard !wish.values.isEmpty || !managed.isEmpty else { return }
        let hash = wish.hash(server: context.gateway.spec.apiBaseURL)
        var observed: [ProfileKey: ProfileValue] = [:]
        for key in ProfilePlan.reads(wish) {
            try await askTelegram(context) { telegram, token, timeout in
                do {
                    observed[key] = try await telegram.read(key, token: token, timeout: timeout)
                } catch let error as TelegramError {
                    guard error.code == .badRequest || error.code == .forbidden else { throw error }
                    self.plan.notes.append("profile \(key) cannot be read: \(error.apiDescription ?? error.message)")
                }
            }
        }
        guard telegramSilence == nil else { return }
        let calls = ProfilePlan(wish: wish, managed: managed, observed: observed).calls
        let isLeft = known?.appliedHash == hash && bot.spec.effectiveDriftPolicy == .report
        for call in calls {
            if isLeft, !call.isRelease {
                drifted.append("profile \(call.key)")
                continue
            }
            plan.telegram.profile.append(ProfileChange(call, old: observed[call.key]))
        }
        guard !plan.telegram.profile.isEmpty, let text = known?.retryAt,
            case .success(let until) = Result(catching: { try Date(text, strategy: .iso8601) }), until > Date()
        else { return }
        plan.notes.append("Telegram takes no changes of the profile before \(text)")
    }

    // MARK: Webhook

    /// Where Telegram delivers.
    func planWebhook(_ context: WorkerContext, _ secrets: WebhookSecrets) async throws {
        guard bot.spec.suspend != .off else { return try await planWithdrawal(context) }
        guard bot.spec.updateMode == .webhook else { return try await planPolling(context) }
        guard let secret = secrets.values.first else { return }
        let wish = WebhookWish(context, secret: secret)
        let told = status.webhook
        try await askTelegram(context) { telegram, token, timeout in
            let info = try await telegram.getWebhookInfo(token: token, timeout: timeout)
            let decision = WebhookPlan.decide(
                wish, told: told, info: info, adoption: self.bot.spec.webhookAdoption,
                drift: self.bot.spec.effectiveDriftPolicy,
                isOurs: { GatewayPlan.isWebhook($0, of: self.world.gateways.values) })
            let fields = Self.fields(wish, info, isSecretNew: told?.appliedHash != wish.hash)
            switch decision {
            case .keep: self.plan.telegram.webhook = WebhookChange(.keep, url: wish.url)
            case .set:
                self.plan.telegram.webhook = WebhookChange(
                    info.url.isEmpty ? .create : .change, url: wish.url, fields: fields)
            case .repair:
                self.plan.telegram.webhook = WebhookChange(
                    info.url.isEmpty ? .create : .change, url: wish.url, fields: fields,
                    note: "changed by somebody else, and put back")
            case .report:
                self.drifted.append("webhook")
                self.plan.telegram.webhook = WebhookChange(
                    .keep, url: info.url.isEmpty ? Optional.none : WebhookPlan.host(of: info.url),
                    note: "changed by somebody else, and left so")
            case .refuse: throw WebhookPlan.ownedElsewhere(info.url)
            }
        }
    }

    /// A bot that is polled has no webhook.
    private func planPolling(_ context: WorkerContext) async throws {
        let told = status.webhook
        try await askTelegram(context) { telegram, token, timeout in
            let info = try await telegram.getWebhookInfo(token: token, timeout: timeout)
            let decision = PollingPlan.decide(
                own: WebhookWish.url(context), told: told, info: info, adoption: self.bot.spec.webhookAdoption,
                drift: self.bot.spec.effectiveDriftPolicy,
                isOurs: { GatewayPlan.isWebhook($0, of: self.world.gateways.values) })
            let present = info.url == WebhookWish.url(context) ? info.url : WebhookPlan.host(of: info.url)
            switch decision {
            case .keep:
                self.plan.telegram.webhook = WebhookChange(
                    .keep, note: told.isPolling ? Optional.none : "none: the gateway begins to ask for updates")
            case .remove:
                self.plan.telegram.webhook = WebhookChange(
                    .delete, url: present, note: "the gateway begins to ask for updates")
            case .repair:
                self.plan.telegram.webhook = WebhookChange(
                    .delete, url: present, note: "set by somebody else, and taken away: the bot is polled")
            case .report:
                self.drifted.append("webhook")
                self.plan.telegram.webhook = WebhookChange(
                    .keep, url: present, note: "set by somebody else, and left so: the bot is not polled")
            case .refuse: throw PollingPlan.ownedElsewhere(info.url)
            }
        }
    }

    private func planWithdrawal(_ context: WorkerContext) async throws {
        guard let url = status.webhook?.url else { return }
        try await askTelegram(context) { telegram, token, timeout in
            let info = try await telegram.getWebhookInfo(token: token, timeout: timeout)
            self.plan.telegram.webhook =
                info.url == url
                ? WebhookChange(.delete, url: url, note: "the bot is switched off") : WebhookChange(.keep)
        }
    }

    /// What Telegram would be told otherwise than it has it, by the names of `setWebhook`.
    private static func fields(_ wish: WebhookWish, _ info: WebhookInfo, isSecretNew: Bool) -> [FieldChange] {
        guard !info.url.isEmpty else {
            var fields = [FieldChange("max_connections", old: Optional.none, new: .int(Int64(wish.maxConnections)))]
            if let kinds = wish.allowedUpdates {
                fields.insert(
                    FieldChange("allowed_updates", old: Optional.none, new: .array(kinds.map { .string($0) })), at: 0)
            }
            return fields
        }
        var fields: [FieldChange] = []
        if info.url != wish.url {
            let old = info.url.hasSuffix(String(wish.url.split(separator: "/").last ?? "")) ? info.url : host(info.url)
            fields.append(FieldChange("url", old: .string(old), new: .string(wish.url)))
        }
        let old = info.allowedUpdates.map { Set($0) } ?? []
        if old != Set(wish.allowedUpdates ?? []) {
            fields.append(
                FieldChange(
                    "allowed_updates", old: info.allowedUpdates.map { .array($0.map { .string($0) }) },
                    new: wish.allowedUpdates.map { .array($0.map { .string($0) }) }))
        }
        if let connections = info.maxConnections, connections != wish.maxConnections {
            fields.append(
                FieldChange(
                    "max_connections", old: .int(Int64(connections)), new: .int(Int64(wish.maxConnections))))
        }
        if fields.isEmpty, isSecretNew {
            fields.append(FieldChange("secret_token", old: Optional.none, new: Optional.none, isSecret: true))
        }
        return fields
    }

    private static func host(_ url: String) -> String { WebhookPlan.host(of: url) }
}

extension ProfileChange {
    /// - Parameter old: what Telegram has; `nil` when it was not asked.
    fileprivate init(_ call: ProfilePlan.Call, old: ProfileValue?) {
        part = call.key.description
        isRelease = call.isRelease
        self.old = old.flatMap { $0.isCleared ? Optional.none : $0.json }
        new = call.value.isCleared ? Optional.none : call.value.json
        switch call.key {
        case .text(.name, _): method = "setMyName"
        case .text(.description, _): method = "setMyDescription"
        case .text(.shortDescription, _): method = "setMyShortDescription"
        case .commands: method = call.value.isCleared ? "deleteMyCommands" : "setMyCommands"
        case .menuButton: method = "setChatMenuButton"
        }
    }
}

extension ProfileValue {
    /// For people and programs: a text, a list of "/command description", or the button's URL.
    fileprivate var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .commands(let commands): .array(commands.map { .string("/\($0.command) \($0.description)") })
        case .menuButton(.webApp(let text, let url)): .string("\(text) (\(url))")
        case .menuButton(.commands): "commands"
        case .menuButton(.default): "default"
        }
    }
}
