import Foundation
import JSON
import KubernetesTypes
import Testing

@testable import PlatformAPI

@Suite struct RouteValidationTests {
    private func problems(
        _ routes: [TelegramBotSpec.Route]? = nil, limit: TelegramBotSpec.RateLimit? = nil
    ) -> [String] {
        let spec = TelegramBotSpec(
            tokenSecretRef: .init(name: "token"), updates: .init(rateLimit: limit), routes: routes)
        return TelegramBot(metadata: ObjectMeta(name: "shop", namespace: "bots"), spec: spec).validate()
    }

    private func problems(_ change: (inout TelegramBotSpec.Route) -> Void) -> [String] {
        var route = TelegramBotSpec.Route(
            name: "hi", match: .init(commands: ["hi"]), service: .init(name: "shop", port: 80))
        change(&route)
        return problems([route])
    }

    @Test func goodRoutesAreTaken() {
        #expect(problems { _ in } == [])
        #expect(problems { $0.match = .init(actions: ["*", "Größe", "a b"]) } == [])
        #expect(problems { $0.match = .init(commands: ["*", "a_1"]) } == [])
        #expect(problems { $0.match = .init(text: .init()) } == [])
        #expect(problems { $0.match = .init(text: .init(equals: ["💳 Pay"], prefixes: ["order "])) } == [])
        #expect(problems { $0.service = .init(url: "https://shop.example.org:8443/bot?x=1") } == [])
        #expect(problems { $0.service = .init(name: "shop", port: 65535, path: "/a/b") } == [])
        #expect(problems { $0.timeout = "100ms" } == [])
        #expect(problems { $0.timeout = "10s" } == [])
        #expect(problems { $0.apology = "" } == [])
        #expect(problems(limit: .init(perUser: .init(requests: 1, window: "1s"))) == [])
        #expect(problems([]) == [])
    }

    @Test func eachMistakeIsNamedOnce() {
        let long = String(repeating: "é", count: 201)
        let cases: [(String, [String])] = [
            ("routes[0].name", problems { $0.name = "Hi" }),
            ("routes[0].name", problems { $0.name = "" }),
            ("routes[0].match", problems { $0.match = .init() }),
            ("routes[0].match", problems { $0.match = .init(commands: ["a"], text: .init()) }),
            ("match.commands", problems { $0.match = .init(commands: []) }),
            ("match.commands", problems { $0.match = .init(commands: ["/hi"]) }),
            ("match.commands", problems { $0.match = .init(commands: ["Hi"]) }),
            ("match.actions", problems { $0.match = .init(actions: ["a:b"]) }),
            ("match.actions", problems { $0.match = .init(actions: [""]) }),
            ("match.text.equals", problems { $0.match = .init(text: .init(equals: [" "])) }),
            ("match.text.prefixes", problems { $0.match = .init(text: .init(prefixes: [])) }),
            ("routes[0].service", problems { $0.service = .init() }),
            ("routes[0].service", problems { $0.service = .init(url: "http://a", name: "b", port: 1) }),
            ("service.port", problems { $0.service = .init(name: "shop") }),
            ("service.port", problems { $0.service = .init(name: "shop", port: 0) }),
            ("service.port", problems { $0.service = .init(url: "http://a", port: 80) }),
            ("service.path", problems { $0.service = .init(url: "http://a", path: "/") }),
            ("service.path", problems { $0.service = .init(name: "shop", port: 80, path: "a") }),
            ("service.name", problems { $0.service = .init(name: "shop.other", port: 80) }),
            ("service.url", problems { $0.service = .init(url: "ftp://a") }),
            ("service.url", problems { $0.service = .init(url: "http:///a") }),
            ("service.url", problems { $0.service = .init(url: "http://a b") }),
            ("service.url", problems { $0.service = .init(url: "http://a/#b") }),
            ("user or password", problems { $0.service = .init(url: "http://me:secret@a/") }),
            ("routes[0].timeout", problems { $0.timeout = "soon" }),
            ("routes[0].timeout", problems { $0.timeout = "99ms" }),
            ("routes[0].timeout", problems { $0.timeout = "11s" }),
            ("routes[0].apology", problems { $0.apology = long }),
            ("rateLimit.perUser.requests", problems(limit: .init(perUser: .init(requests: 0, window: "1s")))),
            ("rateLimit.perUser.window", problems(limit: .init(perUser: .init(requests: 1, window: "99ms")))),
            ("rateLimit.message", problems(limit: .init(perUser: .init(requests: 1, window: "1s"), message: long))),
        ]
        for (field, found) in cases {
            #expect(found.count == 1, "\(field): \(found)")
            #expect(found.first?.contains(field) == true, "\(field): \(found)")
            #expect(found.first?.contains("secret") != true)
        }
        let route = TelegramBotSpec.Route(
            name: "hi", match: .init(commands: ["hi"]), service: .init(url: "http://a"))
        #expect(problems([route, route]).count == 1)
        #expect(
            problems(
                (0..<65).map { number in
                    var route = route
                    route.name = "r\(number)"
                    return route
                }
            ).count == 1)
    }

    @Test func boundRoutesHaveAllDefaultsInPlace() throws {
        let json = #"""
            {"tokenSecretRef":{"name":"t"},"updates":{"rateLimit":{"perUser":{"requests":2,"window":"1m30s"}}},"routes":[
            {"name":"a","match":{"commands":["a"]},"service":{"name":"shop","port":8080}},
            {"name":"b","match":{"text":{}},"service":{"url":"https://x/y"},"apology":""},
            {"name":"c","match":{"actions":["c"]},"service":{"name":"shop","port":80,"path":"/c"},"timeout":"2500ms"}]}
            """#
        let spec = try JSONDecoder().decode(TelegramBotSpec.self, from: Data(json.utf8))
        let bound = try #require(BoundRoutes(spec, namespace: "bots", username: "shop_bot"))
        #expect(bound.username == "shop_bot")
        #expect(bound.routes.map(\.name) == ["a", "b", "c"])
        #expect(bound.routes.map(\.url) == ["http://shop.bots.svc:8080/", "https://x/y", "http://shop.bots.svc:80/c"])
        #expect(bound.routes.map(\.timeoutMilliseconds) == [3000, 5000, 2500])
        #expect(bound.routes.map(\.apology) == [TelegramBotSpec.defaultApology, "", TelegramBotSpec.defaultApology])
        let limit = try #require(BoundRateLimit(spec))
        #expect(limit.requests == 2 && limit.windowMilliseconds == 90_000)
        #expect(limit.message == TelegramBotSpec.defaultSlowDown)

        let plain = TelegramBotSpec(tokenSecretRef: .init(name: "t"), routes: [])
        #expect(BoundRoutes(plain, namespace: "bots", username: nil) == nil && BoundRateLimit(plain) == nil)
    }

    @Test func theyTravelInTheBinding() throws {
        var binding = Binding(botID: BotID(number: 42), owner: "a/b", token: "42:t", webhookSecrets: ["s"])
        #expect(binding.secretData.keys.allSatisfy { !Binding.openKeys.contains($0) })
        binding.routes = BoundRoutes(
            username: "b", routes: [.init(name: "a", match: .init(text: .init()), url: "http://a")])
        binding.rateLimit = BoundRateLimit(requests: 1, windowMilliseconds: 1000)
        let metadata = ObjectMeta(name: "binding-bot-42", namespace: "tgs")
        var data = binding.secretData
        #expect(try Binding(Secret(metadata: metadata, data: data)) == binding)
        for key in Binding.openKeys {
            var broken = data
            broken[key] = Data("{}".utf8)
            #expect {
                try Binding(Secret(metadata: metadata, data: broken))
            } throws: { ($0 as? BindingError)?.key == key }
            data[key] = nil
        }
        let without = try Binding(Secret(metadata: metadata, data: data))
        #expect(without.routes == nil && without.rateLimit == nil)
    }
}
