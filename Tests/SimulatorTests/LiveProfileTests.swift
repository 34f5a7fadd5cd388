import Simulator
import TelegramBotAPI
import Testing

/// The client's methods of a bot's profile against the simulator.
@Suite struct LiveProfileTests {
    @Test func texts() async throws {
        try await LiveRig.run { rig in
            let (client, token) = (rig.client, rig.token)
            try await client.setMyName("Nova", token: token)
            try await client.setMyName("Neue", language: "de", token: token)
            try await client.setMyDescription("It answers", token: token)
            try await client.setMyShortDescription("Es antwortet", language: "de", token: token)
            #expect(try await client.getMyName(token: token) == "Nova")
            #expect(try await client.getMyName(language: "de", token: token) == "Neue")
            #expect(try await client.getMyName(language: "fr", token: token) == "Nova")
            #expect(try await client.getMyDescription(token: token) == "It answers")
            #expect(try await client.getMyShortDescription(token: token) == "")
            #expect(try await client.getMyShortDescription(language: "de", token: token) == "Es antwortet")
            try await client.setMyName("", language: "de", token: token)
            #expect(try await client.getMyName(language: "de", token: token) == "Nova")
        }
    }

    @Test func commands() async throws {
        try await LiveRig.run { rig in
            let (client, token) = (rig.client, rig.token)
            let commands = [
                BotCommand(command: "start", description: "Begin"), BotCommand(command: "help", description: "Help"),
            ]
            try await client.setMyCommands(commands, token: token)
            try await client.setMyCommands([commands[1]], scope: .allGroupChats, language: "de", token: token)
            #expect(try await client.getMyCommands(token: token) == commands)
            #expect(try await client.getMyCommands(scope: .allGroupChats, token: token) == [])
            #expect(
                try await client.getMyCommands(scope: .allGroupChats, language: "de", token: token) == [commands[1]])
            try await client.deleteMyCommands(token: token)
            #expect(try await client.getMyCommands(token: token) == [])
            let error = await #expect(throws: TelegramError.self) {
                _ = try await client.getMyCommands(scope: .chat(.id(-1)), token: token)
            }
            #expect(error?.apiDescription == "Bad Request: chat not found")
        }
    }

    @Test func menuButtons() async throws {
        try await LiveRig.run { rig in
            let button = MenuButton.webApp(text: "Shop", url: "https://shop.example.org/")
            try await rig.client.setChatMenuButton(button, token: rig.token)
            #expect(try await rig.client.getChatMenuButton(token: rig.token) == button)
            try await rig.client.setChatMenuButton(.default, token: rig.token)
            #expect(try await rig.client.getChatMenuButton(token: rig.token) == .default)
        }
    }

    @Test func limitsSayWhen() async throws {
        try await LiveRig.run { rig in
            var fault = FaultSpec()
            (fault.method, fault.errorCode, fault.retryAfter) = ("setMyName", 429, 3600)
            try rig.simulator.addFault(fault)
            let error = await #expect(throws: TelegramError.self) {
                try await rig.client.setMyName("Nova", token: rig.token)
            }
            #expect(error?.retryAfter == .seconds(3600))
        }
    }
}
