import Concurrency
import Foundation
import Observability
import Testing

@Suite struct LoggerTests {
    private let lines = Locked<[String]>([])

    private func logger(
        _ level: LogLevel = .debug, fields: [String: LogValue] = [:], at time: Double = 0
    ) -> Logger {
        Logger(
            label: "test", level: level, fields: fields, sink: { [lines] line in lines.withLock { $0.append(line) } },
            now: { Date(timeIntervalSince1970: time) })
    }

    private var last: String { lines.withLock { $0.last ?? "" } }

    @Test func aLineIsOneJSONObjectInAFixedOrder() {
        logger().info("hello", ["b": 2, "a": "x", "ok": true, "d": 0.5])
        #expect(
            last
                == #"{"time":"1970-01-01T00:00:00.000Z","level":"info","logger":"test","message":"hello","#
                + #""a":"x","b":2,"d":0.5,"ok":true}"#)
    }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00.000Z"), (1_795_261_507.25, "2026-11-21T11:45:07.250Z"),
        (1_709_210_096.5, "2024-02-29T12:34:56.500Z"), (0.9996, "1970-01-01T00:00:00.999Z"),
        (59.9999, "1970-01-01T00:00:59.999Z"), (0.001, "1970-01-01T00:00:00.001Z"),
        (253_402_300_799.5, "9999-12-31T23:59:59.500Z"),
    ])
    func theTimeIsRFC3339WithMilliseconds(time: Double, text: String) {
        logger(at: time).info("x")
        #expect(last.hasPrefix(#"{"time":"\#(text)","#), "\(last)")
    }

    @Test func theClockIsTheSystemsUnlessGiven() throws {
        let log = Logger(label: "x", sink: { [lines] line in lines.withLock { $0.append(line) } })
        let before = Date()
        log.info("now")
        struct Line: Decodable { let time: Date }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            return try Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        }
        let time = try decoder.decode(Line.self, from: Data(last.utf8)).time
        #expect(abs(time.timeIntervalSince(before)) < 60)
    }

    @Test func linesBelowTheLevelAreNotEvenMade() {
        let count = Locked(0)
        func expensive() -> String {
            count.withLock { $0 += 1 }
            return "x"
        }
        let log = logger(.warning)
        log.debug(expensive())
        log.info(expensive(), ["a": .string(expensive())])
        #expect(count.withLock { $0 } == 0)
        log.warning(expensive())
        log.error(expensive())
        #expect(lines.withLock { $0.count } == 2)
        #expect(last.contains(#""level":"error""#))
    }

    @Test func fieldsOfTheLineWinOverTheLoggers() {
        logger(fields: ["a": 1, "b": 1]).with(["b": 2, "c": 2]).info("x", ["c": 3])
        #expect(last.hasSuffix(#""a":1,"b":2,"c":3}"#))
    }

    @Test func awkwardValuesStayJSON() throws {
        logger().info("line\nfeed \"quoted\"", ["inf": .double(.infinity), "nan": .double(.nan), "e\"": 1e300])
        let object = try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any]
        #expect(object?["message"] as? String == "line\nfeed \"quoted\"")
        #expect(object?["inf"] is NSNull)
        #expect(object?["nan"] is NSNull)
        #expect(object?["e\""] as? Double == 1e300)
        #expect(!last.contains("\n"))
    }

    @Test func tokensAreMaskedEverywhere() {
        let token = "123456:" + String(repeating: "A", count: 35)
        logger(fields: ["f": .string(token)]).error("failed with \(token)", ["url": .string("/bot\(token)/getMe")])
        #expect(!last.contains("AAAA"))
        #expect(last.contains("failed with 123456:***"))
        #expect(last.contains("/bot123456:***/getMe"))
    }

    @Test func levelsAreOrdered() {
        #expect(LogLevel.allCases.sorted() == [.debug, .info, .warning, .error])
        #expect(LogLevel(rawValue: "warning") == .warning)
    }
}
