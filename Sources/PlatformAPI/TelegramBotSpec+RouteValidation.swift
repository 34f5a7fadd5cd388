extension TelegramBotSpec {
    fileprivate enum Limit {
        static let routes = 64
        static let words = 64
        static let name = 63
        static let command = 32
        /// Telegram's for the whole data of a button.
        static let action = 64
        static let text = 256
        /// Telegram's for what an answer to a pressed button may say.
        static let notice = 200
        static let url = 2048
        static let requests = 1...1000
    }

    /// What is wrong with the routes and the rate limit.
    func routeProblems() -> [String] {
        var problems: [String] = []
        let routes = routes ?? []
        if routes.count > Limit.routes {
            problems.append("spec.routes has \(routes.count) routes: at most \(Limit.routes) are possible")
        }
        var names: Set<String> = []
        for (index, route) in routes.enumerated() {
            let field = "spec.routes[\(index)]"
            if !Self.isName(route.name) {
                problems.append("\(field).name is \"\(route.name)\": write 1 to \(Limit.name) of a-z, 0-9 and -")
            }
            if !names.insert(route.name).inserted {
                problems.append("\(field).name is \"\(route.name)\" a second time: name each route differently")
            }
            problems += route.match.problems("\(field).match") + route.service.problems("\(field).service")
            problems += Self.duration("\(field).timeout", route.effectiveTimeout, in: Route.timeouts)
            problems += Self.notice("\(field).apology", route.effectiveApology)
        }
        if let limit = updates?.rateLimit {
            let field = "spec.updates.rateLimit"
            if !Limit.requests.contains(limit.perUser.requests) {
                problems.append("\(field).perUser.requests is \(limit.perUser.requests): 1 to 1000 are possible")
            }
            problems += Self.duration("\(field).perUser.window", limit.perUser.window, in: RateLimit.windows)
            problems += Self.notice("\(field).message", limit.effectiveMessage)
        }
        return problems
    }

    private static func isName(_ text: String) -> Bool {
        (1...Limit.name).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    fileprivate static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    fileprivate static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func notice(_ field: String, _ text: String) -> [String] {
        // Counted as Telegram does, in UTF-16.
        let count = text.utf16.count
        return count <= Limit.notice ? [] : ["\(field) has \(count) characters: at most \(Limit.notice) are possible"]
    }

    private static func duration(_ field: String, _ text: String, in range: ClosedRange<Duration>) -> [String] {
        guard let value = DurationText.parse(text) else {
            return ["\(field) is \"\(text)\": write a duration such as 3s or 500ms"]
        }
        guard !range.contains(value) else { return [] }
        return ["\(field) is \"\(text)\": \(range.lowerBound) to \(range.upperBound) are possible"]
    }

    /// A list of words of which each is named once.
    fileprivate static func words(
        _ field: String, _ words: [String]?, what: String, _ isValid: (String) -> Bool
    ) -> [String] {
        guard let words else { return [] }
        var problems: [String] = []
        if !(1...Limit.words).contains(words.count) {
            problems.append("\(field) has \(words.count) entries: 1 to \(Limit.words) are possible")
        }
        problems += words.filter { !isValid($0) }.map { "\(field) has \"\($0)\": write \(what)" }
        return problems
    }
}

extension TelegramBotSpec.RateLimit {
    /// The shortest and the longest window.
    package static let windows = Duration.milliseconds(100)...Duration.seconds(3600)
    package var effectiveMessage: String { message ?? TelegramBotSpec.defaultSlowDown }
}

extension TelegramBotSpec.RouteMatch {
    fileprivate func problems(_ field: String) -> [String] {
        let given = [commands != nil, actions != nil, text != nil].count { $0 }
        guard given == 1 else {
            return ["\(field) has \(given) of commands, actions and text: give one of them"]
        }
        typealias Spec = TelegramBotSpec
        return Spec.words("\(field).commands", commands, what: "1 to 32 of a-z, 0-9 and _ without a slash, or *") {
            $0 == "*"
                || (1...Spec.Limit.command).contains($0.utf8.count)
                    && $0.utf8.allSatisfy { Spec.isLower($0) || Spec.isDigit($0) || $0 == UInt8(ascii: "_") }
        }
            + Spec.words("\(field).actions", actions, what: "1 to 64 bytes without a colon, or *") {
                (1...Spec.Limit.action).contains($0.utf8.count) && !$0.contains(":")
            }
            + Spec.words("\(field).text.equals", text?.equals, what: "1 to 256 characters", Self.isText)
            + Spec.words("\(field).text.prefixes", text?.prefixes, what: "1 to 256 characters", Self.isText)
    }

    private static func isText(_ text: String) -> Bool {
        (1...TelegramBotSpec.Limit.text).contains(text.unicodeScalars.count) && !text.allSatisfy(\.isWhitespace)
    }
}

extension TelegramBotSpec.RouteService {
    fileprivate func problems(_ field: String) -> [String] {
        guard (url == nil) != (name == nil) else {
            return ["\(field) has \(url == nil ? "neither url nor name" : "url and name"): give one of them"]
        }
        if let url {
            let extra = [("port", port != nil), ("path", path != nil)].filter(\.1).map(\.0)
            return Self.problems("\(field).url", url: url)
                + extra.map { "\(field).\($0) is set: it belongs to name, write it into the url" }
        }
        guard let port else { return ["\(field).port is missing: name the Service's port"] }
        var problems: [String] = []
        if !(1...65535).contains(port) { problems.append("\(field).port is \(port): 1 to 65535 are possible") }
        let name = name ?? ""
        let isName =
            (1...TelegramBotSpec.Limit.name).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                TelegramBotSpec.isLower($0) || TelegramBotSpec.isDigit($0) || $0 == UInt8(ascii: "-")
            }
        if !isName { problems.append("\(field).name is \"\(name)\": write the name of a Service") }
        if let path, !path.hasPrefix("/") || !Self.isPrintable(path) {
            problems.append("\(field).path is \"\(path)\": it begins with / and is percent-encoded")
        }
        return problems
    }

    private static func problems(_ field: String, url: String) -> [String] {
        guard let rest = ["http://", "https://"].first(where: url.hasPrefix).map({ url.dropFirst($0.utf8.count) }),
            url.utf8.count <= TelegramBotSpec.Limit.url, isPrintable(url)
        else { return ["\(field) is of no use: write http://… or https://…, percent-encoded, 2048 bytes at most"] }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if authority.contains("@") {
            return ["\(field) has a user or password: a Secret does not belong into a TelegramBot, take it out"]
        }
        return authority.isEmpty || url.contains("#") ? ["\(field) is of no use: it names no host, or has a #"] : []
    }

    private static func isPrintable(_ text: String) -> Bool { text.utf8.allSatisfy { (0x21...0x7e).contains($0) } }
}
