import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import Testing

@testable import Operator

@Suite struct BindingRoutesTests {
    private func context(_ routes: [TelegramBotSpec.Route]?) -> WorkerContext {
        var context = Samples.context(
            Samples.bot {
                $0.spec.routes = routes
                $0.spec.updates?.rateLimit = routes == nil ? nil : .init(perUser: .init(requests: 3, window: "2s"))
            })
        context.username = "echo_bot"
        return context
    }

    private func route(_ name: String, port: Int = 80) -> TelegramBotSpec.Route {
        .init(name: name, match: .init(commands: [name]), service: .init(name: "shop", port: port))
    }

    private func json(_ context: WorkerContext) throws -> JSONValue {
        let secret = BindingManifest.secret(context, Samples.secrets(["s"]))
        return try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(secret))
    }

    /// The differences as "path old → new", or "path secret".
    private func differences(_ live: [TelegramBotSpec.Route]?, _ wanted: [TelegramBotSpec.Route]?) throws -> [String] {
        let owned: JSONValue = ["f:data": ["f:routes": [:], "f:rate_limit": [:], "f:token": [:]]]
        let diff = ObjectDiff(
            wanted: BindingDiff.opened(try json(context(wanted))), live: BindingDiff.opened(try json(context(live))),
            owned: owned, isSecret: BindingDiff.isSecret)
        return diff.fields.map { field in
            field.isSecret ? "\(field.path) secret" : "\(field.path) \(field.old ?? .null) → \(field.new ?? .null)"
        }
    }

    @Test func theBindingHasRoutesAndLimit() throws {
        let binding = try Binding(
            BindingManifest.secret(context([route("a", port: 8080)]), Samples.secrets(["s"])))
        #expect(binding.routes?.username == "echo_bot")
        #expect(binding.routes?.routes.map(\.url) == ["http://shop.bots.svc:8080/"])
        #expect(binding.rateLimit?.requests == 3 && binding.rateLimit?.windowMilliseconds == 2000)
        let plain = try Binding(BindingManifest.secret(context(nil), Samples.secrets(["s"])))
        #expect(plain.routes == nil && plain.rateLimit == nil)
    }

    @Test(arguments: TelegramBotSpec.Suspension.allCases)
    func aBotAtRestHasNone(suspension: TelegramBotSpec.Suspension) throws {
        var bot = context([route("a")]).bot
        bot.spec.suspend = suspension
        let binding = try Binding(BindingManifest.secret(Samples.context(bot), Samples.secrets(["s"])))
        #expect(binding.routes == nil && binding.rateLimit == nil)
    }

    @Test func aPlanTellsWhatBecomesOfRoutesAndNoSecrets() throws {
        #expect(try differences([route("a")], [route("a")]) == [])
        #expect(
            try differences([route("a"), route("b")], [route("a"), route("b", port: 81)]) == [
                #"data.routes.routes[b].url string("http://shop.bots.svc:80/") → string("http://shop.bots.svc:81/")"#
            ])
        // The first that matches counts.
        #expect(
            try differences([route("a"), route("b")], [route("b"), route("a")]).map { $0.prefix(20) } == [
                "data.routes.order[0]", "data.routes.order[1]",
            ])
        #expect(try differences(nil, [route("a")]).contains { $0.hasPrefix("data.routes.routes[a].match.commands[0]") })
        #expect(
            Set(try differences([route("a")], nil).map { $0.prefix { $0 != " " } }) == [
                "data.rate_limit", "data.routes",
            ])
        #expect(BindingDiff.isSecret("data.token") && BindingDiff.isSecret("data.webhook_secrets"))
        #expect(!BindingDiff.isSecret("metadata.labels"))
        let everything = ObjectDiff(
            wanted: BindingDiff.opened(try json(context([route("a")]))), live: nil, isSecret: BindingDiff.isSecret)
        let shown = everything.fields.filter { !$0.isSecret }.map(\.path).filter { $0.hasPrefix("data") }
        #expect(shown.allSatisfy { $0.hasPrefix("data.routes") || $0.hasPrefix("data.rate_limit") })
    }
}
