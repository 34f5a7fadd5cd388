import Concurrency
import Observability
import Simulator

/// `tgs simulator`.
struct SimulatorCommand: Command {
    static let name = "simulator"
    static let summary = "A Bot API server for development and tests; no Telegram account needed."
    static let options = [
        CommonOptions.host,
        CommandOption("api-port", "PORT", default: "8081", "Where bots call the Bot API; 0 takes a free port."),
        CommandOption(
            "control-port", "PORT", default: "8082",
            "Where bots and users are made and messages are sent as users, see docs/simulator.md; 0 takes a free port."),
        CommandOption(
            "allow-insecure-webhooks", nil,
            "Takes webhooks with http://, any port and private addresses, which Telegram itself refuses."),
        CommandOption(
            "time-scale", "FACTOR", default: "1", "What Telegram's delays are multiplied with: 0.01 makes tests fast."),
        CommandOption("enforce-limits", nil, "Answers 429 beyond Telegram's limits on sending."),
        CommonOptions.logLevel,
    ]

    private let configuration: SimulatorConfiguration
    private let logger: Logger

    init(_ values: OptionValues) throws {
        var configuration = SimulatorConfiguration()
        configuration.host = try values.string("host")
        configuration.apiPort = try values.port("api-port")
        configuration.controlPort = try values.port("control-port")
        configuration.allowInsecureWebhooks = try values.flag("allow-insecure-webhooks")
        configuration.timeScale = try values.number("time-scale", above: 0)
        configuration.enforcesLimits = try values.flag("enforce-limits")
        self.configuration = configuration
        logger = try CommonOptions.logger("simulator", values)
    }

    func run() async throws {
        let simulator = try Simulator(configuration, logger: logger, metrics: MetricsRegistry())
        try await Programs.run([simulator], logger: logger)
    }
}
