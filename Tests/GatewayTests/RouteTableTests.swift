import PlatformAPI
import Testing

@testable import Gateway

@Suite struct RouteTableTests {
    private let bound = BoundRoutes(
        username: "Shop_Bot",
        routes: [
            .init(name: "start", match: .init(commands: ["start", "help"]), url: "http://a"),
            .init(name: "pay", match: .init(actions: ["pay"]), url: "http://a"),
            .init(
                name: "menu", match: .init(text: .init(equals: ["💳 Pay", "Menu"], prefixes: ["order "])),
                url: "http://a"),
            .init(name: "pay-too", match: .init(actions: ["pay", "buy"]), url: "http://a"),
        ])

    private func route(_ content: RoutableUpdate.Content) -> String? { RouteTable.match(content, in: bound)?.name }

    @Test(arguments: [
        (RoutableUpdate.Content.command("start", mention: nil, arguments: "x"), "start" as String?),
        (.command("help", mention: "shop_bot", arguments: nil), "start"),
        // For another bot of the group.
        (.command("start", mention: "other_bot", arguments: nil), nil),
        (.command("stop", mention: nil, arguments: nil), nil),
        // The first that matches counts.
        (.action("pay", target: "42"), "pay"), (.action("buy", target: nil), "pay-too"),
        (.action("start", target: nil), nil),
        (.text("💳 pay"), "menu"), (.text(" MENU\n"), "menu"), (.text("Order 5"), "menu"), (.text("orders"), nil),
        (.text("start"), nil), (.text(""), nil),
    ])
    func theFirstRouteThatMatchesCounts(content: RoutableUpdate.Content, name: String?) {
        #expect(route(content) == name)
    }

    @Test func aStarIsEveryCommandOrButtonAndNoFieldEveryText() {
        let all = BoundRoutes(routes: [
            .init(name: "commands", match: .init(commands: ["*"]), url: "http://a"),
            .init(name: "actions", match: .init(actions: ["*"]), url: "http://a"),
            .init(name: "text", match: .init(text: .init()), url: "http://a"),
        ])
        #expect(RouteTable.match(.command("x", mention: nil, arguments: nil), in: all)?.name == "commands")
        // Before the bot's name is known, every mention is taken for its own.
        #expect(RouteTable.match(.command("x", mention: "y", arguments: nil), in: all)?.name == "commands")
        #expect(RouteTable.match(.action("x", target: nil), in: all)?.name == "actions")
        #expect(RouteTable.match(.text(""), in: all)?.name == "text")
    }
}
