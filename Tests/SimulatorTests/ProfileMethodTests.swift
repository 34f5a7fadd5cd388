@testable import Simulator
import JSON
import Testing

/// The methods by which a bot says of itself what @BotFather could say of it.
@Suite struct ProfileMethodTests {
    private let commands: JSONValue = [["command": "start", "description": "Begin"]]

    @Test(arguments: [
        ("MyName", "name", 64), ("MyDescription", "description", 512),
        ("MyShortDescription", "short_description", 120),
    ]) func textsByLanguage(method: String, field: String, longest: Int) throws {
        let rig = try WorldRig()
        func get(_ language: String? = nil) -> String? {
            rig.call("get\(method)", language.map { ["language_code": .string($0)] } ?? [:])?.result[field]?
                .stringValue
        }
        func set(_ text: String, _ language: String? = nil) -> APIReply? {
            var arguments: [String: JSONValue] = [field: .string(text)]
            if let language { arguments["language_code"] = .string(language) }
            return rig.call("set\(method)", arguments)
        }
        #expect(get() == (field == "name" ? "Bot 4200" : ""))
        #expect(set("Hello")?.result == true)
        #expect(set("Hallo", "de")?.result == true)
        #expect(get() == "Hello" && get("") == "Hello" && get("de") == "Hallo")
        #expect(get("fr") == "Hello", "a language without a text of its own shows the default")
        #expect(set("", "de")?.result == true)
        #expect(get("de") == "Hello")
        #expect(set(String(repeating: "é", count: longest))?.status == 200)
        #expect(set(String(repeating: "é", count: longest + 1))?.status == 400)
        for language in ["deu", "D", "DE", "d1"] {
            #expect(set("x", language)?.text == "Bad Request: invalid language code specified")
            #expect(
                rig.call("get\(method)", ["language_code": .string(language)])?.text
                    == "Bad Request: invalid language code specified")
        }
    }

    @Test func aBotAlwaysHasAName() throws {
        let rig = try WorldRig()
        #expect(rig.call("setMyName", ["name": "Nova"])?.result == true)
        #expect(rig.call("setMyName", ["name": ""])?.status == 400)
        #expect(rig.call("setMyName")?.status == 400)
        #expect(rig.call("getMe")?.result["first_name"]?.stringValue == "Nova")
        #expect(rig.call("setMyDescription", ["description": ""])?.result == true)
    }

    @Test func commandsAreOfExactlyOneScopeAndLanguage() throws {
        let rig = try WorldRig()
        let private_: JSONValue = ["type": "all_private_chats"]
        #expect(rig.call("setMyCommands", ["commands": commands])?.result == true)
        #expect(
            rig.call(
                "setMyCommands",
                [
                    "commands": [["command": "/hilfe", "description": " Hilfe "]], "scope": private_,
                    "language_code": "de",
                ])?
                .result == true)
        #expect(rig.call("getMyCommands")?.result == commands)
        #expect(rig.call("getMyCommands", ["scope": ["type": "default"]])?.result == commands)
        #expect(rig.call("getMyCommands", ["scope": #"{"type":"default"}"#, "language_code": ""])?.result == commands)
        #expect(rig.call("getMyCommands", ["language_code": "de"])?.result == [])
        #expect(rig.call("getMyCommands", ["scope": private_])?.result == [])
        #expect(
            rig.call("getMyCommands", ["scope": private_, "language_code": "de"])?.result
                == [["command": "hilfe", "description": "Hilfe"]], "without its slash, and trimmed")
        #expect(rig.call("deleteMyCommands")?.result == true)
        #expect(rig.call("deleteMyCommands")?.result == true)
        #expect(rig.call("getMyCommands")?.result == [])
        #expect(rig.call("setMyCommands", ["commands": [], "scope": private_, "language_code": "de"])?.result == true)
        #expect(rig.call("getMyCommands", ["scope": private_, "language_code": "de"])?.result == [])
    }

    @Test func scopesOfChats() throws {
        let rig = try WorldRig()
        let group = try #require(
            try rig.world.createChat(ChatSpec(type: .supergroup, title: "G", username: "thegroup", bots: [4200])).id)
        let channel = try #require(try rig.world.createChat(ChatSpec(type: .channel, title: "N", bots: [4200])).id)
        func set(_ scope: JSONValue) -> APIReply? {
            rig.call("setMyCommands", ["commands": commands, "scope": scope])
        }
        for scope: JSONValue in [
            ["type": "all_group_chats"], ["type": "all_chat_administrators"], ["type": "chat", "chat_id": 11],
            ["type": "chat", "chat_id": .int(group)], ["type": "chat_administrators", "chat_id": .int(group)],
            ["type": "chat_member", "chat_id": .int(group), "user_id": 11],
        ] {
            #expect(set(scope)?.result == true, "\(scope)")
            #expect(rig.call("getMyCommands", ["scope": scope])?.result == commands)
        }
        #expect(
            rig.call("getMyCommands", ["scope": ["type": "chat", "chat_id": "@TheGroup"]])?.result == commands,
            "a name is the same chat as its number")
        let parse = "can't parse BotCommandScope: "
        for (scope, text) in [
            (["type": "chat", "chat_id": 404], "chat not found"),
            (["type": "chat_administrators", "chat_id": 11], "can't use specified scope in private chats"),
            (["type": "chat", "chat_id": .int(channel)], "can't change commands in channel chats"),
            (["type": "everyone"], parse + "Unsupported type specified"),
            (["type": "chat"], parse + "Can't find field \"chat_id\""),
            (["type": "chat", "chat_id": ""], parse + "Empty chat_id specified"),
            (["type": "chat_member", "chat_id": 11], parse + "Can't find field \"user_id\""),
            (["type": "chat_member", "chat_id": 11, "user_id": 0], parse + "Invalid user_id specified"),
            ([:], parse + "Can't find field \"type\""), ([], parse + "BotCommandScope must be an Object"),
            ("{", "can't parse BotCommandScope JSON object"),
        ] as [(JSONValue, String)] {
            #expect(set(scope)?.text == "Bad Request: \(text)", "\(scope)")
        }
    }

    @Test(
        arguments: [
            ([["command": "UPPER", "description": "x"]], "BOT_COMMAND_INVALID"),
            ([["command": "mit-strich", "description": "x"]], "BOT_COMMAND_INVALID"),
            ([["command": "/", "description": "x"]], "command must be non-empty"),
            (
                [["command": "a12345678901234567890123456789012", "description": "x"]],
                "command length must not exceed 32"
            ),
            ([["command": "a", "description": " "]], "command description must be non-empty"),
            (
                [["command": "a", "description": .string(String(repeating: "é", count: 257))]],
                "command description length must not exceed 256"
            ),
            ([["command": "a"]], "can't parse BotCommand: Can't find field \"description\""),
            (["a"], "can't parse BotCommand: BotCommand must be an Object"),
            (["command": "a"], "expected an Array of BotCommand"), ("[", "can't parse commands JSON object"),
            (
                .array((0...100).map { ["command": .string("c\($0)"), "description": "x"] }), "BOT_COMMANDS_TOO_MUCH"
            ),
        ] as [(JSONValue, String)])
    func refusedCommands(_ commands: JSONValue, _ text: String) throws {
        let rig = try WorldRig()
        let reply = try #require(rig.call("setMyCommands", ["commands": commands]))
        #expect(reply.status == 400 && reply.text == "Bad Request: \(text)")
    }

    @Test func aHundredCommandsAreTaken() throws {
        let rig = try WorldRig()
        let commands = (0..<100).map { ["command": .string("c\($0)"), "description": "x"] as JSONValue }
        #expect(rig.call("setMyCommands", ["commands": .array(commands)])?.result == true)
        #expect(rig.call("getMyCommands")?.result.arrayValue?.count == 100)
    }

    @Test func menuButtons() throws {
        let rig = try WorldRig()
        #expect(rig.call("getChatMenuButton")?.result == ["type": "default"])
        let app: JSONValue = [
            "type": "web_app", "text": "Shop", "web_app": ["url": "https://shop.example.org"],
        ]
        #expect(rig.call("setChatMenuButton", ["menu_button": app])?.result == true)
        let kept: JSONValue = [
            "type": "web_app", "text": "Shop", "web_app": ["url": "https://shop.example.org/"],
        ]
        #expect(rig.call("getChatMenuButton")?.result == kept, "a URL is given back with its path")
        #expect(rig.call("getChatMenuButton", ["chat_id": 11])?.result == kept, "a chat shows the default one")
        #expect(
            rig.call("setChatMenuButton", ["chat_id": 11, "menu_button": ["type": "commands"]])?.result == true)
        #expect(rig.call("getChatMenuButton", ["chat_id": 11])?.result == ["type": "commands"])
        #expect(rig.call("getChatMenuButton")?.result == kept)
        #expect(rig.call("setChatMenuButton")?.result == true)
        #expect(rig.call("getChatMenuButton")?.result == ["type": "default"])
        for (button, text) in [
            (["type": "new"], "can't parse menu button: MenuButton has unsupported type"),
            (["type": "web_app"], "can't parse menu button: Can't find field \"text\""),
            ("{", "can't parse menu button JSON object"),
            (
                ["type": "web_app", "text": "x", "web_app": ["url": "http://x"]],
                "menu button Web App URL 'http://x' is invalid: Only HTTPS links are allowed"
            ),
        ] as [(JSONValue, String)] {
            #expect(rig.call("setChatMenuButton", ["menu_button": button])?.text == "Bad Request: \(text)")
        }
        #expect(rig.call("getChatMenuButton", ["chat_id": -5])?.text == "Bad Request: invalid chat_id specified")
    }

    @Test func limitsOnProfilesAreShownAsFaults() throws {
        let rig = try WorldRig()
        var fault = FaultSpec()
        (fault.method, fault.errorCode, fault.retryAfter, fault.count) = ("setMyName", 429, 7200, 1)
        _ = try rig.world.faults.add(fault)
        #expect(rig.call("setMyDescription", ["description": "x"])?.status == 200)
        let reply = try #require(rig.call("setMyName", ["name": "x"]))
        #expect(reply.status == 429 && reply.retryAfter == 7200)
        #expect(rig.call("getMyName")?.result["name"]?.stringValue == "Bot 4200", "it was not carried out")
        #expect(rig.call("setMyName", ["name": "x"])?.status == 200)
    }
}
