import Concurrency
import JSON
import KubernetesClient
import KubernetesTypes
import PlatformAPI

/// From the change of one bot to the changed Deployment, while many others are being created.
struct ChangeBench {
    let options: BenchOptions
    let report: Report
    let platform: BenchPlatform

    private static let bot = "changing"
    private static let workload = ObjectKey(namespace: BenchPlatform.namespace, name: "bot-changing")
    private static let reference = ObjectKey(namespace: "reference", name: "changing")

    func run() async throws {
        let ready = ReadyBots(platform.client)
        let watching = Task.detached { await ready.run() }
        defer { watching.cancel() }
        let program = try await platform.startOperator()
        try await program.waitUntilReady()
        _ = try await platform.makeReadyBot(Self.bot)
        _ = try await platform.client.apply(
            json: Array(OperatorBench.deployment(Self.reference.name).utf8), definition: Deployment.definition,
            key: Self.reference, fieldManager: "bench", force: true)

        let quiet = try await samples(20, prefix: "quiet") { _ in true }
        add("in quiet", quiet)

        let names = (0..<options.bots).map { "other-\($0)" }
        report.progress("making \(names.count) Secrets")
        try await inParallel(names) { try await platform.makeBot($0) }
        report.progress("applying \(names.count) TelegramBots, and changing one meanwhile")
        async let creation: Void = inParallel(names) { try await platform.applyBot($0) }
        let deadline = ContinuousClock.now + options.patience
        // From when the operator is busy with them to when it has made nearly all.
        let busy = try await samples(.max, prefix: "busy") { _ in
            ready.count < names.count * 9 / 10 && ContinuousClock.now < deadline
        }
        try await creation
        report.note("\(busy.changes.count) changes while \(ready.count - 1) of \(names.count) bots were made")
        add("while \(names.count) are made", busy)
        await program.stop()
    }

    /// Milliseconds.
    private struct Times {
        /// From the bot's patch, answered, to the Deployment showing it.
        var changes: [Double] = []
        /// From the patch of a Deployment, answered, to reading it back.
        var bare: [Double] = []
    }

    private func samples(_ count: Int, prefix: String, while goOn: (Int) -> Bool) async throws -> Times {
        var times = Times()
        var number = 0
        while number < count, goOn(number) {
            number += 1
            let image = "example.org/echo:\(prefix)-\(number)"
            _ = try await platform.client.rawPatch(
                TelegramBot.definition, ObjectKey(namespace: BenchPlatform.namespace, name: Self.bot),
                .merge(["spec": ["worker": ["image": .string(image)]]]))
            times.changes.append(try await seen(image, Self.workload))
            let containers: JSONValue = [["name": "bot", "image": .string(image)]]
            _ = try await platform.client.rawPatch(
                Deployment.definition, Self.reference,
                .merge(["spec": ["template": ["spec": ["containers": containers]]]]))
            times.bare.append(try await seen(image, Self.reference))
            try await Task.sleep(for: .milliseconds(100))
        }
        return times
    }

    private func seen(_ image: String, _ key: ObjectKey) async throws -> Double {
        let start = ContinuousClock.now
        while try await platform.client.get(Deployment.self, key).spec.template.spec.containers.first?.image != image {
            guard ContinuousClock.now - start < .seconds(60) else {
                throw NotInTime(description: "the Deployment \(key) did not get its image in 60 seconds")
            }
        }
        return Double((ContinuousClock.now - start).milliseconds)
    }

    private func add(_ when: String, _ times: Times) {
        for percent in [50.0, 99.0] {
            report.add(
                Figure(
                    .change, "bot changed to Deployment changed, \(when), p\(Int(percent))",
                    Samples(times.changes).percentile(percent), "ms",
                    beside: (
                        "a changed Deployment read back, p\(Int(percent))", Samples(times.bare).percentile(percent)
                    )
                ))
        }
    }
}
