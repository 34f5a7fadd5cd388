import Concurrency
import JSON
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI
import Testing

@testable import Gateway

@Suite struct OutgoingPumpTests {
    private let directory = BindingDirectory()
    private let metrics = GatewayMetrics(MetricsRegistry())
    private let calls = Locked<[Int64]>([])
    /// Offsets whose calls do not end.
    private let held = Locked<Set<Int64>>([])
    /// How calls end, by their offsets; others succeed.
    private let answers = Locked<[Int64: CallAnswer]>([:])
    private let produced = Locked<[KafkaRecord]>([])
    private let isBrokerThere = Locked(true)
    private let partition = TopicPartition(topic: "bot_42_outgoing", partition: 0)

    private func bind(resultsTopic: String? = nil) {
        directory.upsert(
            ObjectKey(namespace: "tgs", name: "a"),
            Binding(
                botID: BotID(number: 42), owner: "a/b", token: "42:t", webhookSecrets: ["s"],
                resultsTopic: resultsTopic))
    }

    private func pump(waiting: Int = 500) -> OutgoingPump {
        var settings = GatewaySettings(gateway: ObjectKey(namespace: "tgs", name: "main"), bootstrapServers: "none")
        settings.waitingPerBot = waiting
        return OutgoingPump(
            directory: directory, settings: settings, metrics: metrics, logger: .silent,
            call: { [calls, held, answers] envelope, _ in
                let offset = envelope.params["text"]?.stringValue.flatMap { Int64($0) } ?? -1
                calls.withLock { $0.append(offset) }
                while held.withLock({ $0.contains(offset) }) { _ = await sleepUnlessCancelled(for: .milliseconds(5)) }
                return answers.withLock { $0[offset] } ?? CallAnswer()
            },
            produce: { [produced, isBrokerThere] record in
                guard isBrokerThere.withLock({ $0 }) else { throw KafkaError(.timedOut, "away", isRetriable: true) }
                produced.withLock { $0.append(record) }
            })
    }

    private func messages(_ offsets: ClosedRange<Int64>, chats: Int64 = 1) -> [KafkaMessage] {
        offsets.map { offset in
            let text = #"{"method":"sendMessage","params":{"chat_id":\#(offset % chats),"text":"\#(offset)"}}"#
            return KafkaMessage(
                topic: partition.topic, partition: 0, offset: offset, key: nil, value: Array(text.utf8), timestamp: -1)
        }
    }

    private func committable(_ pump: OutgoingPump) async -> Int64? {
        await pump.takeCommittable([partition])[partition]
    }

    private func eventually(_ condition: () async -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if await condition() { return }
            _ = await sleepUnlessCancelled(for: .milliseconds(5))
        }
        Issue.record("not within 20 s", sourceLocation: sourceLocation)
    }

    @Test func aRevocationCommitsWhatWasSentAndNothingThatWaits() async {
        bind()
        let pump = pump()
        held.withLock { $0 = [1] }
        await pump.assign([partition])
        await pump.take(messages(0...5))
        await eventually { calls.withLock { $0 } == [0, 1] }
        await pump.revoke([partition])
        // The call that is under way is waited for.
        let waited = Task { await pump.waitUntilIdle([partition], atMost: .seconds(20)) }
        held.withLock { $0 = [] }
        await waited.value
        #expect(await committable(pump) == 2)
        await pump.release([partition])
        #expect(await committable(pump) == nil)
        #expect(calls.withLock { $0 } == [0, 1])
    }

    @Test func whatComesAgainIsNotSentAgain() async {
        bind()
        let pump = pump()
        held.withLock { $0 = [1] }
        await pump.assign([partition])
        await pump.take(messages(0...3))
        await eventually { calls.withLock { $0 } == [0, 1] }
        // Lost before anything was committed; it comes back while a call is still under way.
        await pump.revoke([partition])
        await pump.release([partition])
        await pump.assign([partition])
        await pump.take(messages(0...3))
        held.withLock { $0 = [] }
        await eventually { calls.withLock { $0 } == [0, 1, 2, 3] }
        await pump.waitUntilIdle([partition], atMost: .seconds(20))
        #expect(await committable(pump) == 4)
        #expect(calls.withLock { $0 } == [0, 1, 2, 3])
    }

    @Test func anotherGatewaysPartitionIsLeftAlone() async {
        bind()
        let pump = pump()
        held.withLock { $0 = [0] }
        await pump.assign([partition])
        await pump.take(messages(0...3))
        await eventually { calls.withLock { $0 } == [0] }
        await pump.revoke([partition])
        await pump.release([partition])
        await pump.assign([partition])
        // The other one came as far as 10.
        await pump.take(messages(10...10))
        held.withLock { $0 = [] }
        await eventually { calls.withLock { $0 } == [0, 10] }
        await pump.waitUntilIdle([partition], atMost: .seconds(20))
        #expect(await committable(pump) == 11)
    }

    @Test func aCommitThatFailedIsMadeUpFor() async {
        bind()
        let pump = pump()
        await pump.assign([partition])
        await pump.take(messages(0...1))
        await eventually { calls.withLock { $0.count } == 2 }
        await pump.waitUntilIdle([partition], atMost: .seconds(20))
        let offsets = await pump.takeCommittable([partition])
        #expect(offsets == [partition: 2])
        #expect(await committable(pump) == nil)
        await pump.didNotCommit(offsets)
        #expect(await committable(pump) == 2)
        await pump.didCommit(offsets)
        #expect(await committable(pump) == nil)
    }

    @Test func recordsOfABotWithoutABindingWait() async {
        let pump = pump()
        await pump.assign([partition])
        await pump.take(messages(0...1))
        #expect(await committable(pump) == nil)
        #expect(calls.withLock { $0.isEmpty })
        bind()
        await pump.bindingsChanged()
        await eventually { calls.withLock { $0 } == [0, 1] }
    }

    @Test func aCrowdedPartitionIsReadAgainWhenHalfIsDone() async {
        bind()
        let pump = pump(waiting: 4)
        held.withLock { $0 = [0, 2] }
        await pump.assign([partition])
        await pump.take(messages(0...3))
        #expect(await pump.crowded(paused: []) == [partition])
        held.withLock { $0 = [2] }
        await eventually { calls.withLock { $0.count } == 3 }
        #expect(await pump.crowded(paused: []) == [])
        #expect(await pump.crowded(paused: [partition]) == [partition])
        held.withLock { $0 = [] }
        await eventually { await pump.crowded(paused: [partition]) == [] }
    }

    /// A message that asks for its result.
    private func asking(_ offset: Int64) -> KafkaMessage {
        let text =
            #"{"method":"sendMessage","params":{"chat_id":\#(offset),"text":"\#(offset)"},"#
            + #""request_id":"r\#(offset)","wants_result":true}"#
        return KafkaMessage(
            topic: partition.topic, partition: 0, offset: offset, key: nil, value: Array(text.utf8), timestamp: -1)
    }

    @Test func resultsAreDurableBeforeTheirRecordsAreFinished() async throws {
        bind(resultsTopic: "bot_42_results")
        let pump = pump()
        answers.withLock {
            $0[0] = CallAnswer(result: Array(#"{"message_id": 7}"#.utf8))
            $0[1] = CallAnswer(
                failure: TelegramError(.forbidden, "no", status: 403, apiDescription: "Forbidden: \"blocked\""))
        }
        isBrokerThere.withLock { $0 = false }
        await pump.assign([partition])
        await pump.take([asking(0), asking(1)])
        await eventually { calls.withLock { $0.count } == 2 }
        await pump.waitUntilIdle([partition], atMost: .milliseconds(300))
        #expect(await committable(pump) == nil)
        isBrokerThere.withLock { $0 = true }
        await pump.waitUntilIdle([partition], atMost: .seconds(20))
        #expect(await committable(pump) == 2)
        #expect(calls.withLock { $0.count } == 2)
        let results = produced.withLock { $0 }.filter { $0.topic == "bot_42_results" }
        #expect(Set(results.compactMap(\.key)) == [Array("r0".utf8), Array("r1".utf8)])
        #expect(
            Set(results.map { String(decoding: $0.value ?? [], as: UTF8.self) }) == [
                #"{"request_id":"r0","method":"sendMessage","attempts":1,"ok":true,"result":{"message_id": 7}}"#,
                #"{"request_id":"r1","method":"sendMessage","attempts":1,"ok":false,"error_code":403,"reason":"forbidden","#
                    + #""description":"Forbidden: \"blocked\""}"#,
            ])
        #expect(produced.withLock { $0.count { $0.topic == "bot_42_dead_letter" } } == 1)
    }

    @Test func aBotWithoutAResultsTopicIsServedAllTheSame() async {
        bind()
        let pump = pump()
        await pump.assign([partition])
        await pump.take([asking(0)])
        await pump.waitUntilIdle([partition], atMost: .seconds(20))
        #expect(await committable(pump) == 1)
        #expect(produced.withLock { $0.isEmpty })
        #expect(metrics.results.value(["no_topic"]) == 1)
    }

    @Test func stoppingEndsWhatIsUnderWayAndStartsNothing() async {
        bind()
        let pump = pump()
        held.withLock { $0 = [0] }
        await pump.assign([partition])
        await pump.take(messages(0...3))
        await eventually { calls.withLock { $0 } == [0] }
        let stopped = Task { await pump.stop() }
        _ = await sleepUnlessCancelled(for: .milliseconds(50))
        held.withLock { $0 = [] }
        await stopped.value
        #expect(calls.withLock { $0 } == [0])
        #expect(await committable(pump) == 1)
    }
}
