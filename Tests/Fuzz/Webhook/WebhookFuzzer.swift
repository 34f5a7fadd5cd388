import Concurrency
import Dispatch
import FoundationEssentials
import HTTPServer
import HTTPTypes
import JSON
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI

@testable import Gateway

/// A webhook's request and what the broker does with its record. A text: the bot, the secret, `traceparent` and the
/// broker's mood on a line each ("-" is a header that is not sent), then the body.
private struct Input {
    var lines: [[UInt8]] = []
    var body: [UInt8]

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while lines.count < 4, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(Array(rest[..<end]))
            rest = rest[(end + 1)...]
        }
        body = Array(rest)
    }

    private func header(_ line: Int) -> String? {
        guard lines.count > line, lines[line] != [UInt8(ascii: "-")] else { return nil }
        return String(decoding: lines[line], as: UTF8.self)
    }

    var bot: String { header(0) ?? "" }
    var secret: String? { header(1) }
    var traceparent: String? { header(2) }
    var brokersError: (any Error)? {
        switch header(3) {
        case "slow": KafkaError(.timedOut, "slow", isRetriable: true)
        case "full": KafkaError(.queueFull, "full", isRetriable: true)
        case "large": KafkaError(.recordTooLarge, "large")
        case "gone": CancellationError()
        default: nil
        }
    }
}

/// What the handler did with one request.
private struct Outcome {
    var records: [KafkaRecord] = []
    var woken: [BotID] = []
}

/// The handler with two bots: 42 takes updates, 43 is suspended.
private struct Bench: Sendable {
    static let secrets = ["new-secret", "old-secret"]
    static let shared = Bench()

    private let directory = BindingDirectory()
    private let metrics = GatewayMetrics(MetricsRegistry())
    private let logger: Logger
    let outcome = Locked(Outcome())
    let error = Locked<(any Error)?>(nil)

    init() {
        for (number, intake) in [(Int64(42), Binding.Intake.accept), (43, .refuse)] {
            directory.upsert(
                ObjectKey(namespace: "tgs", name: "\(number)"),
                Binding(
                    botID: BotID(number: number), owner: "a/b", token: "\(number):token", webhookSecrets: Self.secrets,
                    intake: intake))
        }
        // Each line is read as JSON, since it repeats what strangers sent.
        logger = Logger(
            label: "fuzz", level: .debug,
            sink: { line in
                require(decoded(JSONValue.self, Array(line.utf8)) != nil, "a log line is not JSON: \(line)")
                require(!line.utf8.contains(UInt8(ascii: "\n")), "a log line is two: \(line)")
            })
    }

    /// One that has seen no update yet.
    private func handler() -> WebhookHandler {
        WebhookHandler(
            directory: directory, retryAfterSeconds: 3, metrics: metrics, logger: logger,
            intake: UpdateIntake(
                duplicates: DuplicateFilter(metrics: metrics), metrics: metrics, logger: logger,
                enqueue: { [outcome, error] record, ended in
                    if let error = error.withLock({ $0 }) { return ended(error) }
                    outcome.withLock { $0.records.append(record) }
                    ended(nil)
                },
                wake: { [outcome] bot in outcome.withLock { $0.woken.append(bot) } }))
    }

    /// Runs the handler to its end on this thread.
    func run(_ input: Input) -> (HTTPServerResponse, Outcome) {
        var headers = HTTPHeaders()
        headers["X-Telegram-Bot-Api-Secret-Token"] = input.secret
        headers["traceparent"] = input.traceparent
        let request = HTTPServerRequest(
            method: .post, target: "/webhook/\(input.bot)", headers: headers, body: input.body,
            remoteAddress: "127.0.0.1")
        let bot = input.bot
        let handler = handler()
        outcome.withLock { $0 = Outcome() }
        error.withLock { $0 = input.brokersError }
        let answer = Locked<HTTPServerResponse?>(nil)
        let done = DispatchSemaphore(value: 0)
        Task.immediate {
            let response = await handler.handle(request, bot: bot)
            answer.withLock { $0 = response }
            done.signal()
        }
        done.wait()
        guard let response = answer.withLock({ $0 }) else { fatalError("FINDING: no answer") }
        return (response, outcome.withLock { $0 })
    }
}

/// The record of an update that was taken.
private func check(_ record: KafkaRecord, of input: Input) {
    require(record.topic == "bot_42_incoming", "topic \(record.topic)")
    let value = record.value ?? []
    require(
        value == Array(#"{"bot_id":"bot_42","update":"#.utf8) + input.body + [UInt8(ascii: "}")],
        "the record does not hold the update byte for byte")
    let names = record.headers.map(\.0)
    require(names.prefix(3) == ["update-id", "received-at", "traceparent"], "headers \(names)")
    let texts = record.headers.map { String(decoding: $0.1, as: UTF8.self) }
    guard let updateID = Int64(texts[0]), let key = record.key, Int64(String(decoding: key, as: UTF8.self)) != nil
    else {
        return require(false, "update_id or key is no number: \(texts[0])")
    }
    require(texts[1].utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }, "received at \(texts[1])")
    require(isTraceParent(texts[2]), "traceparent \(texts[2])")
    if let given = input.traceparent, isTraceParent(given) { require(texts[2] == given, "traceparent was replaced") }

    // Foundation takes seconds for `JSONValue` of some hundred levels; the gateway itself does not read it so.
    guard input.body.count(where: { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }) < 64 else { return }
    // What a worker reads. Foundation refuses halves of surrogate pairs, which JSON's grammar has.
    let update = decoded(JSONValue.self, input.body)
    let isEscaped = input.body.contains(UInt8(ascii: "\\"))
    require(update?.objectValue != nil || isEscaped, "an update was taken that Foundation cannot read")
    guard let update else { return }
    let envelope = decoded(IncomingEnvelope.Decoded<JSONValue>.self, value)
    require(envelope?.botID == "bot_42", "the envelope cannot be read")
    require(same(envelope?.update, update), "the envelope holds another update")
    // Of a name that is there twice, readers may take either.
    if !isEscaped, occurrences(of: #""update_id""#, in: input.body) == 1 {
        require(update["update_id"] == .int(updateID), "update_id \(updateID)")
    }
}

private func occurrences(of text: String, in bytes: [UInt8]) -> Int {
    let text = Array(text.utf8)
    guard bytes.count >= text.count else { return 0 }
    return (0...bytes.count - text.count).count { bytes[$0..<$0 + text.count].elementsEqual(text) }
}

/// W3C Trace Context, read another way than the gateway does.
private func isTraceParent(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 55 else { return false }
    for (index, byte) in bytes.enumerated() {
        let isDash = index == 2 || index == 35 || index == 52
        guard isDash ? byte == 0x2D : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) else { return false }
    }
    let isZero = { (range: Range<Int>) in bytes[range].allSatisfy { $0 == 0x30 } }
    return bytes[0..<2] != [0x66, 0x66] && !isZero(3..<35) && !isZero(36..<52)
}

@_cdecl("LLVMFuzzerTestOneInput")
func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = Input(Array(UnsafeBufferPointer(start: bytes, count: count)))
    let (response, outcome) = Bench.shared.run(input)
    let text = String(decoding: response.body, as: UTF8.self)
    let isTaken = response.status == .ok && text == "ok"
    require(outcome.records.count == (isTaken ? 1 : 0), "\(text), but \(outcome.records.count) records")
    require(outcome.woken == (isTaken ? [BotID(number: 42)] : []), "\(text), but woken: \(outcome.woken)")

    let bot = Array(input.bot.utf8)
    let isKnown = bot == Array("bot_42".utf8) || bot == Array("bot_43".utf8)
    require(isKnown == (response.status != .notFound), "status \(response.status) for \(input.bot)")
    guard isKnown else { return 0 }
    let isAuthentic = Bench.secrets.contains { input.secret.map { Array($0.utf8) } == Array($0.utf8) }
    require(isAuthentic == (response.status != .unauthorized), "status \(response.status) with that secret")
    guard isAuthentic else { return 0 }
    if bot == Array("bot_43".utf8) {
        require(response.status == .serviceUnavailable, "status \(response.status) for a suspended bot")
        require(response.headers["Retry-After"] == "30", "a suspended bot's Retry-After")
    } else if let record = outcome.records.first {
        require(input.brokersError == nil, "taken, but not by the broker")
        check(record, of: input)
    } else if response.status == .ok {
        require(text == "not an update", "200 \(text) without a record")
    } else if (input.brokersError as? KafkaError)?.code == .recordTooLarge {
        require(response.status == .payloadTooLarge, "status \(response.status) for what is too large")
    } else {
        require(input.brokersError != nil && response.status == .serviceUnavailable, "status \(response.status)")
        require(response.headers["Retry-After"] == "3", "the broker's Retry-After")
    }
    return 0
}
