extension TelegramBotSpec {
    /// Updates of one sort, and the HTTP service that answers them instead of the worker.
    package struct Route: Codable, Sendable, Equatable {
        /// Different from the other routes' of the bot: 1 to 63 of `a-z`, `0-9` and `-`.
        package var name: String
        package var match: RouteMatch
        package var service: RouteService
        /// How long the service may take for an answer, as "3s"; absent: 5 s for text, 3 s for commands and buttons.
        package var timeout: String?
        /// What the user reads when the service gives no answer; absent: ``defaultApology``; empty: nothing.
        package var apology: String?

        package init(
            name: String, match: RouteMatch, service: RouteService, timeout: String? = nil, apology: String? = nil
        ) {
            self.name = name
            self.match = match
            self.service = service
            self.timeout = timeout
            self.apology = apology
        }
    }

    /// Which updates a route is for; exactly one field is given.
    package struct RouteMatch: Codable, Sendable, Equatable {
        /// Names of commands without the slash; `*` is every command.
        package var commands: [String]?
        /// What the data of a pressed button begins with, up to the first colon; `*` is every button.
        package var actions: [String]?
        /// Messages with text that are no commands.
        package var text: RouteText?

        package init(commands: [String]? = nil, actions: [String]? = nil, text: RouteText? = nil) {
            self.commands = commands
            self.actions = actions
            self.text = text
        }
    }

    /// Which texts a route is for: those that one of the fields names; all when there is none.
    package struct RouteText: Codable, Sendable, Equatable {
        /// Whole texts.
        package var equals: [String]?
        /// What texts begin with.
        package var prefixes: [String]?

        package init(equals: [String]? = nil, prefixes: [String]? = nil) {
            self.equals = equals
            self.prefixes = prefixes
        }
    }

    /// Where an HTTP service is: its URL, or a Kubernetes Service in the bot's namespace.
    package struct RouteService: Codable, Sendable, Equatable {
        /// `http://…` or `https://…`, without a user and a password.
        package var url: String?
        /// The Service's name, together with `port`.
        package var name: String?
        package var port: Int?
        /// Absent: `/`.
        package var path: String?

        package init(url: String? = nil, name: String? = nil, port: Int? = nil, path: String? = nil) {
            self.url = url
            self.name = name
            self.port = port
            self.path = path
        }
    }

    /// How much a bot takes.
    package struct RateLimit: Codable, Sendable, Equatable {
        package var perUser: UserRate
        /// What a user reads who writes faster; absent: ``defaultSlowDown``; empty: nothing.
        package var message: String?

        package init(perUser: UserRate, message: String? = nil) {
            self.perUser = perUser
            self.message = message
        }
    }

    /// How many messages and pressed buttons of one user are taken, `requests` of them at once.
    package struct UserRate: Codable, Sendable, Equatable {
        package var requests: Int
        /// The time in which as many may come again, as "1s".
        package var window: String

        package init(requests: Int, window: String) {
            self.requests = requests
            self.window = window
        }
    }

    /// The ``Route/apology`` of a route that has none.
    package static let defaultApology = "Sorry, that did not work. Please try again a little later."
    /// The ``RateLimit/message`` of a limit that has none.
    package static let defaultSlowDown = "Not so fast, please: wait a moment and try again."
}

extension TelegramBotSpec.Route {
    package var effectiveTimeout: String { timeout ?? (match.text == nil ? "3s" : "5s") }
    package var effectiveApology: String { apology ?? TelegramBotSpec.defaultApology }

    /// The least and the most that a service may be given. Telegram waits 60 seconds, for two tries and the broker.
    package static let timeouts = Duration.milliseconds(100)...Duration.seconds(10)
}
