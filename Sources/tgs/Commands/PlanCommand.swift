import Concurrency
import FoundationEssentials
import HTTPClient
import JSON
import KubernetesClient
import KubernetesTypes
import Observability
import Operator

/// `tgs plan`.
struct PlanCommand: ReportingCommand {
    static let name = "plan"
    static let summary = "Says what applying TelegramBots would change in Kubernetes, Kafka and Telegram."
    static let options =
        [
            CommandOption(
                "file", "FILE", letter: "f", isRepeatable: true,
                "YAML or JSON with TelegramBots; - is standard input. May be given several times. TelegramGateways and "
                    + "Secrets in the same files are taken as if they were applied.")
        ] + CommonOptions.kubernetes + [
            CommandOption(
                "namespace", "NAME", letter: "n",
                "Of resources that name none; the kubeconfig's unless given."),
            CommandOption("output", "FORMAT", default: "text", letter: "o", "How the plan is printed: text or json."),
            CommandOption("telegram-timeout", "DURATION", default: "15s", "Time-out of a call to the Bot API."),
            CommandOption("kafka-timeout", "DURATION", default: "15s", "Time-out of a request to Kafka."),
        ]

    /// How a plan is printed.
    enum Output: String, CaseIterable, Sendable { case text, json }

    /// The exit codes beside 1, which is a failure.
    enum Code {
        static let nothing: Int32 = 0
        static let changes: Int32 = 2
    }

    private let files: [String]
    private let namespace: String
    private let output: Output
    private let settings: OperatorSettings
    private let cluster: ClusterConfiguration

    init(_ values: OptionValues) throws {
        files = try values.strings("file")
        output = try values.choice("output", Output.self)
        var settings = OperatorSettings()
        settings.telegramTimeout = try values.duration("telegram-timeout")
        settings.kafkaTimeout = try values.duration("kafka-timeout")
        self.settings = settings
        cluster = try CommonOptions.cluster(values)
        namespace = values.optional("namespace") ?? cluster.namespace
    }

    func report() async throws -> Int32 {
        var input = PlanInput()
        for file in files {
            try input.add(try Self.read(file), source: file == "-" ? "standard input" : file, namespace: namespace)
        }
        // What is printed is the plan alone.
        let client = try KubernetesClient(cluster, logger: .silent)
        let http = try HTTPClient()
        let planner = BotPlanner(client: client, http: http, settings: settings, logger: .silent)
        let result: Result<Plan, any Error>
        do {
            result = .success(try await planner.plan(input))
        } catch {
            result = .failure(error)
        }
        await planner.close()
        await http.shutdown()
        await client.shutdown()
        let plan = try result.get()
        Console.print(try Self.text(of: plan, output))
        return plan.hasChanges ? Code.changes : Code.nothing
    }

    private static func text(of plan: Plan, _ output: Output) throws -> String {
        switch output {
        case .text: return PlanText.render(plan)
        case .json: return try PlanText.json(plan)
        }
    }

    private static func read(_ file: String) throws -> String {
        let bytes: [UInt8]
        if file == "-" {
            bytes = Console.input()
        } else {
            do {
                bytes = Array(try Data(contentsOf: URL(filePath: file)))
            } catch {
                throw PlanError(.input, "\(file) cannot be read: give the path of a file, or - for standard input")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PlanError(.input, "\(file) is not UTF-8 text: convert it")
        }
        return text
    }
}
