import Concurrency
import Foundation
import Glibc

/// Posts Updates at a fixed rate, whatever the server does: wrk sends only when an answer has come, so that a server that
/// stands still gets no requests which would show it. Here each request has a time at which it is due, and its latency
/// runs from that time, not from when a connection was free for it.
///
/// A thread for each of 64 connections: each takes the next request that nobody has, sleeps until it is due, posts it and
/// reads the answer.
struct PacedLoad: Sendable {
    /// What came of one run.
    struct Run: Sendable {
        /// Milliseconds from when each answered request was due to its answer.
        let latency: Samples
        /// Answers with 200.
        let accepted: Int
        /// Answers with anything else, and connections that failed.
        let failed: Int
        /// Requests that were due but never sent, because the server was too far behind.
        let unsent: Int
        /// Answers per second, from the first request's time to the last answer.
        let perSecond: Double
    }

    let port: UInt16
    /// The value of Telegram's secret header.
    let secret: String
    /// Numbers of the bots that get the Updates in turn.
    let bots: Range<Int64>
    /// Requests a second.
    let rate: Double

    private static let connections = 64
    /// For how many seconds after the last request was due those that are late are still sent.
    private static let grace = 10

    private struct Counts {
        var next = 0
        var accepted = 0
        var failed = 0
        var latencies: [Double] = []
        var threads = 0
    }

    /// - Parameter seconds: how long requests are due; the answers to the last ones are waited for, too.
    func run(seconds: Int) async throws -> Run {
        let total = max(1, Int(rate * Double(seconds)))
        let requests = (0..<max(4096, bots.count)).map { request($0) }
        let first = Self.placeholder + Int(Self.now / 1_000_000_000 % 100_000) * 10_000_000_000
        let counts = Locked(Counts())
        // Room for all threads to be there when the first request is due.
        let start = Self.now + 50_000_000
        let interval = 1e9 / rate
        let end = start + UInt64(seconds + Self.grace) * 1_000_000_000
        for _ in 0..<Self.connections {
            let thread = Thread {
                let connection = PacedConnection(port: port)
                var own: [Double] = []
                var accepted = 0
                var failed = 0
                while true {
                    let number = counts.withLock { counts in
                        defer { counts.next += 1 }
                        return counts.next
                    }
                    guard number < total, Self.now < end else { break }
                    let due = start + UInt64(Double(number) * interval)
                    Self.sleep(until: due)
                    let status = connection.exchange(Self.numbered(requests[number % requests.count], first + number))
                    if let status, status == 200 { accepted += 1 } else { failed += 1 }
                    if status != nil { own.append(Double(Self.now - due) / 1e6) }
                }
                counts.withLock { [own, accepted, failed] counts in
                    counts.latencies += own
                    counts.accepted += accepted
                    counts.failed += failed
                    counts.threads += 1
                }
            }
            thread.stackSize = 256 << 10
            thread.start()
        }
        try await eventually("the paced load ends", within: .seconds(seconds + 60), every: .milliseconds(20)) {
            counts.withLock { $0.threads } == Self.connections
        }
        let taken = Double(Self.now - start) / 1e9
        let all = counts.withLock { $0 }
        return Run(
            latency: Samples(all.latencies), accepted: all.accepted, failed: all.failed,
            unsent: total - all.accepted - all.failed,
            perSecond: Double(all.latencies.count) / max(taken, Double(seconds)))
    }

    /// An update id of as many digits as all others.
    private static let placeholder = 2_000_000_000_000_000

    /// The request with another update id: a repeated one would be taken for a duplicate.
    private static func numbered(_ request: Request, _ id: Int) -> [UInt8] {
        var bytes = request.bytes
        bytes.replaceSubrange(request.id, with: Array("\(id)".utf8))
        return bytes
    }

    private struct Request {
        let bytes: [UInt8]
        /// Where the update id stands.
        let id: Range<Int>
    }

    /// 500 bytes of Update, as `Benchmarks/wrk/webhook.lua` makes them.
    private func request(_ index: Int) -> Request {
        let id = Self.placeholder
        let chat = 5_000_000_000 + (index * 7919) % 1000
        func update(_ text: String) -> String {
            """
            {"update_id":\(id),"message":{"message_id":\(index),"from":{"id":\(chat),"is_bot":false,"first_name":"Ada",\
            "language_code":"en"},"chat":{"id":\(chat),"first_name":"Ada","type":"private"},"date":1700000000,\
            "text":"\(text)"}}
            """
        }
        let body = update(String(repeating: "x", count: max(0, 500 - update("").utf8.count)))
        let bot = bots.lowerBound + Int64(index % bots.count)
        let text =
            """
            POST /webhook/bot_\(bot) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n\
            X-Telegram-Bot-Api-Secret-Token: \(secret)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
            """
        // The body has the last number of so many digits.
        let digits = Array("\(id)".utf8)
        let bytes = Array(text.utf8)
        let start =
            bytes.indices.dropLast(digits.count).last { bytes[$0..<$0 + digits.count].elementsEqual(digits) } ?? 0
        return Request(bytes: bytes, id: start..<start + digits.count)
    }

    // MARK: Time

    /// Nanoseconds of the monotonic clock.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Blocks the thread until then; returns at once when that is past.
    static func sleep(until time: UInt64) {
        var wanted = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wanted, nil) == EINTR {}
    }
}
