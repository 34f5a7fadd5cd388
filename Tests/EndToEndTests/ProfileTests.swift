import Foundation
import HTTPClient
import JSON
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TelegramBotAPI
import TestRig
import Testing

/// What Telegram says of a bot is what its spec says, and Telegram is called for a difference only.
@Suite(.serialized) struct ProfileTests {
    /// Telegram as somebody else with the token would use it.
    private enum Outsider {
        static func with(
            _ platform: Platform, _ bot: BotInfo, _ body: (TelegramClient, BotToken) async throws -> Void
        ) async throws {
            let http = try HTTPClient()
            let client = TelegramClient(http: http, baseURL: platform.simulator.apiURL, logger: .silent)
            do {
                try await body(client, try BotToken(bot.token))
            } catch {
                await http.shutdown()
                throw error
            }
            await http.shutdown()
        }
    }

    /// The calls that change a profile, since a point in the record, in their order.
    private func changes(_ platform: Platform, _ bot: BotInfo, after: Int64 = 0) -> [RecordedCall] {
        platform.simulator.calls(RecordFilter(bot: bot.id, after: after, sentOnly: false)).filter { call in
            ["setMy", "deleteMy", "setChatMenu"].contains { call.method.hasPrefix($0) }
        }
    }

    /// The calls that have to do with the profile at all.
    private func profileCalls(_ platform: Platform, _ bot: BotInfo, after: Int64) -> [RecordedCall] {
        platform.simulator.calls(RecordFilter(bot: bot.id, after: after, sentOnly: false)).filter { call in
            call.method.contains("My") || call.method.contains("ChatMenu")
        }
    }

    private func lastCall(_ platform: Platform, _ bot: BotInfo) -> Int64 {
        platform.simulator.calls(RecordFilter(bot: bot.id, sentOnly: false)).last?.sequence ?? 0
    }

    private func patch(_ platform: Platform, _ json: String) async throws {
        _ = try await platform.controlPlane.kubectl(
            "patch", "telegrambot", "nova", "-n", "bots", "--type=merge", "-p", json)
        try await platform.eventually("the change is seen") {
            let bot = try await platform.bot("nova")
            return bot?.status?.observedGeneration == bot?.metadata.generation ? nil : "not yet"
        }
    }

    private let group: Int64 = -1_001_000_000_077
    private static let profile = """
          profile:
            name: Nova
            description: |
              It answers.
            shortDescription: An echo
            commands:
              - {command: start, description: Begin}
              - {command: help, description: Help}
            localized:
              - {language: de, description: Sie antwortet., commands: [{command: start, description: Anfangen}]}
            commandSets:
              - {scope: AllPrivateChats, commands: [{command: settings, description: Settings}]}
              - {scope: AllGroupChats, language: de, commands: [{command: regeln, description: Regeln}]}
              - {scope: Chat, chatID: -1001000000077, commands: [{command: admin, description: Administer}]}
            menuButton: {type: WebApp, text: Shop, url: "https://shop.example.org"}
        """

    @Test(.timeLimit(.minutes(5))) func theProfileIsMadeKeptAndTakenBack() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("nova")
            try platform.simulator.createChat(ChatSpec(id: group, type: .supergroup, bots: [bot.id]))
            try await platform.apply(Platform.manifest("nova", more: Self.profile))
            try await platform.waitFor(.profileSynced, of: "nova", "True/ProfileSynced")
            try await platform.waitFor(.ready, of: "nova", "True/Ready")

            // Telegram has it.
            try await Outsider.with(platform, bot) { (telegram, token) async throws in
                #expect(try await telegram.getMyName(token: token) == "Nova")
                #expect(try await telegram.getMyDescription(token: token) == "It answers.")
                #expect(try await telegram.getMyDescription(language: "de", token: token) == "Sie antwortet.")
                #expect(try await telegram.getMyShortDescription(token: token) == "An echo")
                #expect(try await telegram.getMyCommands(token: token).map(\.command) == ["start", "help"])
                #expect(
                    try await telegram.getMyCommands(language: "de", token: token).map(\.description) == ["Anfangen"])
                #expect(
                    try await telegram.getMyCommands(scope: .allPrivateChats, token: token).map(\.command)
                        == ["settings"])
                #expect(
                    try await telegram.getMyCommands(scope: .allGroupChats, language: "de", token: token)
                        .map(\.command) == ["regeln"])
                #expect(
                    try await telegram.getMyCommands(scope: .chat(.id(group)), token: token).map(\.command) == ["admin"]
                )
                #expect(
                    try await telegram.getChatMenuButton(token: token)
                        == .webApp(text: "Shop", url: "https://shop.example.org/"))
            }
            #expect(changes(platform, bot).count == 10, "each part was set once")
            #expect(changes(platform, bot).last?.method == "setMyName", "what is limited most comes last")
            let status = try await platform.bot("nova")?.status?.profile
            #expect(status?.managed?.count == 10)
            #expect(status?.managed?.contains("commands/all_group_chats/de") == true)
            #expect(status?.retryAt == nil)

            // The same again, and a restart of the operator, call nothing.
            var last = lastCall(platform, bot)
            try await platform.apply(Platform.manifest("nova", more: Self.profile))
            try await patch(platform, #"{"spec":{"deletionPolicy":"Retain"}}"#)
            await platform.process("operator")?.terminate()
            try await platform.startOperator()
            try await patch(platform, #"{"spec":{"deletionPolicy":"Delete"}}"#)
            try await Task.sleep(for: .seconds(1))
            #expect(profileCalls(platform, bot, after: last).map(\.method) == [])

            // What Telegram would not take is refused by the API server already.
            for wrong in [
                #"{"name":""}"#, #"{"commands":[{"command":"/start","description":"x"}]}"#,
                #"{"localized":[{"language":"deu"}]}"#,
                #"{"menuButton":{"type":"WebApp","text":"x","url":"http://x"}}"#,
                #"{"commandSets":[{"scope":"Everyone","commands":[]}]}"#,
            ] {
                await #expect(throws: (any Error).self, "\(wrong)") {
                    try await patch(platform, #"{"spec":{"profile":\#(wrong)}}"#)
                }
            }

            // A changed description is one call.
            try await patch(platform, #"{"spec":{"profile":{"description":"It says the same."}}}"#)
            try await platform.eventually("it is set") {
                changes(platform, bot, after: last).isEmpty ? "not yet" : nil
            }
            try await platform.waitFor(.profileSynced, of: "nova", "True/ProfileSynced")
            #expect(changes(platform, bot, after: last).map(\.method) == ["setMyDescription"])
            #expect(changes(platform, bot, after: last).first?.parameters["description"] == "It says the same.")

            // What is emptied is cleared, what is taken out is cleared, and the name stays.
            last = lastCall(platform, bot)
            try await patch(
                platform,
                #"{"spec":{"profile":{"shortDescription":"","commands":[],"commandSets":null,"name":null}}}"#)
            try await platform.eventually("it is cleared") {
                let made = changes(platform, bot, after: last).count
                return made == 5 ? nil : "\(made)"
            }
            try await Outsider.with(platform, bot) { (telegram, token) async throws in
                #expect(try await telegram.getMyName(token: token) == "Nova")
                #expect(try await telegram.getMyShortDescription(token: token) == "")
                for scope in [BotCommandScope.default, .allPrivateChats, .chat(.id(group))] {
                    #expect(try await telegram.getMyCommands(scope: scope, token: token) == [])
                }
                #expect(try await telegram.getMyCommands(scope: .allGroupChats, language: "de", token: token) == [])
                #expect(try await telegram.getMyCommands(language: "de", token: token).count == 1)
            }

            // Without a profile nothing of it is left, neither there nor in the status.
            try await patch(platform, #"{"spec":{"profile":null}}"#)
            try await platform.eventually("nothing is kept any more") {
                let status = try await platform.bot("nova")?.status
                let condition = status?.conditions?.contains { $0.type == ConditionType.profileSynced.rawValue }
                return status?.profile == nil && condition == false ? nil : "\(String(describing: status?.profile))"
            }
            try await Outsider.with(platform, bot) { (telegram, token) async throws in
                #expect(try await telegram.getMyDescription(token: token) == "")
                #expect(try await telegram.getMyDescription(language: "de", token: token) == "")
                #expect(try await telegram.getMyCommands(language: "de", token: token) == [])
                #expect(try await telegram.getChatMenuButton(token: token) == .default)
            }
            try await platform.waitFor(.ready, of: "nova", "True/Ready")
        }
    }

    @Test(.timeLimit(.minutes(5))) func whatSomebodyElseChangesIsPutBackOrTold() async throws {
        try await Platform.with { platform in
            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--resync-interval", "2s"])
            let bot = try await platform.makeBot("nova")
            try await platform.apply(
                Platform.manifest("nova", more: "  profile: {description: Ours, commands: []}"))
            try await platform.waitFor(.profileSynced, of: "nova", "True/ProfileSynced")
            try await Outsider.with(platform, bot) { (telegram, token) async throws in
                let last = lastCall(platform, bot)
                try await telegram.setMyDescription("Theirs", token: token)
                // What the spec does not name is theirs.
                try await telegram.setMyShortDescription("Theirs", token: token)
                try await platform.eventually("it is put back") {
                    let text = try await telegram.getMyDescription(token: token)
                    return text == "Ours" ? nil : text
                }
                #expect(
                    changes(platform, bot, after: last).map(\.method)
                        == ["setMyDescription", "setMyShortDescription", "setMyDescription"])
                #expect(try await telegram.getMyShortDescription(token: token) == "Theirs")
                try await platform.eventually("an Event says so") {
                    let events = try await platform.controlPlane.kubectl("get", "events", "-n", "bots")
                    return events.contains("DriftRepaired") && events.contains("profile description") ? nil : events
                }

                try await patch(platform, #"{"spec":{"driftPolicy":"Report"}}"#)
                try await telegram.setMyDescription("Theirs", token: token)
                let changed = lastCall(platform, bot)
                try await platform.waitFor(.drifted, of: "nova", "True/DriftFound")
                try await platform.waitFor(.profileSynced, of: "nova", "False/ProfileDrifted")
                try await platform.waitFor(.ready, of: "nova", "True/Ready")
                try await Task.sleep(for: .seconds(5))
                #expect(changes(platform, bot, after: changed).isEmpty)
                #expect(try await platform.condition(.drifted, of: "nova") == "True/DriftFound")

                // With the other policy again, it is put right.
                try await patch(platform, #"{"spec":{"driftPolicy":"Repair"}}"#)
                try await platform.waitFor(.profileSynced, of: "nova", "True/ProfileSynced")
                #expect(try await telegram.getMyDescription(token: token) == "Ours")
                #expect(try await platform.condition(.drifted, of: "nova") == nil)
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func troubleWithTheProfileHoldsNothingElseUp() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("nova")
            var fault = FaultSpec()
            (fault.method, fault.errorCode, fault.retryAfter, fault.count) = ("setMyDescription", 429, 8, 1)
            try platform.simulator.addFault(fault)
            try await platform.apply(
                Platform.manifest("nova", more: "  profile: {name: Nova, description: Later, commands: []}"))
            try await platform.waitFor(.profileSynced, of: "nova", "False/ProfileRateLimited")
            try await platform.waitFor(.ready, of: "nova", "True/Ready")
            #expect(try platform.simulator.state(of: bot.id).webhook != nil)
            #expect(try await platform.bot("nova")?.status?.profile?.retryAt != nil)

            // Not even a restart makes it call before the time.
            let last = lastCall(platform, bot)
            let limited = platform.simulator.calls(
                RecordFilter(bot: bot.id, method: "setMyDescription", sentOnly: false))
            await platform.process("operator")?.terminate()
            try await platform.startOperator()
            try await platform.waitFor(.profileSynced, of: "nova", "True/ProfileSynced")
            let next = profileCalls(platform, bot, after: last)
            let waited = Double((next.first?.time ?? 0) - (limited.first?.time ?? 0)) / 1_000_000
            #expect(waited >= 8, "it waited \(waited) s")
            #expect(next.filter { $0.method.hasPrefix("set") }.map(\.method) == ["setMyDescription", "setMyName"])
            #expect(try await platform.bot("nova")?.status?.profile?.retryAt == nil)

            // What Telegram refuses is said in its words, the rest is done, and it works again when it is mended.
            try await patch(
                platform,
                """
                {"spec":{"profile":{"description":"Now","commandSets":[
                  {"scope":"Chat","chatID":-100123456789012,"commands":[{"command":"a","description":"b"}]}]}}}
                """)
            try await platform.waitFor(.profileSynced, of: "nova", "False/ProfileRefused")
            let condition = try await platform.bot("nova")?.status?.conditions?.first {
                $0.type == ConditionType.profileSynced.rawValue
            }
            #expect(
                condition?.message.contains("commands/chat:-100123456789012: Bad Request: chat not found") == true,
                "\(condition?.message ?? "")")
            try await Outsider.with(platform, bot) { (telegram, token) async throws in
                #expect(try await telegram.getMyDescription(token: token) == "Now")
            }
            #expect(try await platform.condition(.ready, of: "nova") == "True/Ready")
            try await patch(platform, #"{"spec":{"profile":{"commandSets":[]}}}"#)
            try await platform.waitFor(.profileSynced, of: "nova", "True/ProfileSynced")
        }
    }

    @Test(.timeLimit(.minutes(5))) func aRefusedTokenIsTheTokensTrouble() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("nova")
            try await platform.apply(Platform.manifest("nova"))
            try await platform.waitFor(.ready, of: "nova", "True/Ready")
            _ = try platform.simulator.revokeToken(of: bot.id)
            _ = try await platform.controlPlane.kubectl(
                "patch", "telegrambot", "nova", "-n", "bots", "--type=merge", "-p",
                #"{"spec":{"profile":{"description":"x"}}}"#)
            try await platform.waitFor(.tokenValid, of: "nova", "False/TokenRejected")
        }
    }
}
