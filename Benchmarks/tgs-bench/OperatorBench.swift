import Concurrency
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import TestRig

/// How fast the operator converges bots, and the memory it needs for them.
struct OperatorBench {
    let options: BenchOptions
    let report: Report
    let platform: BenchPlatform

    func run() async throws {
        let ready = ReadyBots(platform.client)
        let watching = Task.detached { await ready.run() }
        defer { watching.cancel() }

        var program = try await platform.startOperator()
        try await program.waitUntilReady()
        let idle = try await settledUsage(program)
        let applyRate = try await self.applyRate("before")

        let first = try await converge(0..<options.bots, ready, within: options.patience, applyRate: applyRate, program)
        guard first else { return }
        try await tellMemory(program, bots: options.bots, idle: idle)
        await program.stop()
        program = try await restart(bots: options.bots, idle: idle)

        if options.sections.contains(.memory), options.manyBots > options.bots {
            let all = options.bots..<options.manyBots
            _ = try await converge(all, ready, within: options.patience, applyRate: nil, program)
            try await tellMemory(program, bots: ready.count, idle: idle)
            if ready.count == options.manyBots {
                await program.stop()
                program = try await restart(bots: options.manyBots, idle: idle)
                try await rest(program)
            }
        }
        await program.stop()
    }

    /// Creates the bots and waits until all of them are ready.
    /// - Parameter applyRate: what the API server can do at best, per second; `nil`: speed is not told.
    private func converge(
        _ range: Range<Int>, _ ready: ReadyBots, within limit: Duration, applyRate: Double?, _ program: RunningProgram
    ) async throws -> Bool {
        let names = range.map { "bench-\($0)" }
        report.progress("making \(names.count) Secrets")
        try await inParallel(names) { try await platform.makeBot($0) }
        // So that the Secrets' events are behind us.
        try await Task.sleep(for: .seconds(2))

        report.progress("applying \(names.count) TelegramBots")
        let writesBefore = try await apiWrites()
        let reconcilesBefore = try await program.metric("controller_reconciles_total")
        let timesBefore = ProcessUsage.processorTimes()
        let start = ContinuousClock.now
        async let creation: Void = inParallel(names) { try await platform.applyBot($0) }
        let count = await ready.wait(for: range.upperBound, within: limit) {
            report.progress("\($0) of \(range.upperBound) are ready")
        }
        try await creation
        let isComplete = count == range.upperBound
        let seconds = ((isComplete ? ready.lastChange : ContinuousClock.now) - start).seconds
        let done = Double(count - range.lowerBound)
        guard done > 0 else { throw NotInTime(description: "no bot became ready: \(program.process.logTail())") }
        if !isComplete {
            report.note("\(count) of \(range.upperBound) bots were ready after \(Int(seconds)) s; their memory is told")
        }
        let timesAfter = ProcessUsage.processorTimes()
        let cost = timesAfter.mapValues { $0 }.merging(timesBefore) { $0 - $1 }
            .filter { $0.value > 0.5 }.sorted { $0.value > $1.value }
            .map { "\($0.key) \(Report.text($0.value * 1000 / done))" }.joined(separator: ", ")
        report.note("\(Int(done)) bots took \(Report.text(seconds)) s; processor time in ms per bot: \(cost)")
        let own = (timesAfter["tgs"] ?? 0) - (timesBefore["tgs"] ?? 0)

        guard let applyRate, options.sections.contains(.reconcile) else { return isComplete }
        let writes = try await apiWrites() - writesBefore
        let reconciles = try await program.metric("controller_reconciles_total") - reconcilesBefore
        let after = try await self.applyRate("after")
        let raw = (applyRate + after) / 2
        report.add(
            Figure(
                .reconcile, "\(options.bots) bots from apply to Ready", done / seconds, "bots/s",
                beside: ("bots/s if only the API server's writes counted", raw / (writes / done))))
        report.add(
            Figure(
                .reconcile, "writes at the API server meanwhile", writes / seconds, "writes/s",
                beside: ("raw server-side applies of a Deployment", raw)))
        report.add(Figure(.reconcile, "writes at the API server", writes / done, "per bot"))
        report.add(Figure(.reconcile, "reconciles", reconciles / done, "per bot"))
        report.add(Figure(.reconcile, "the operator's processor time", own * 1000 / done, "ms/bot"))
        return isComplete
    }

    /// A fresh operator that finds everything done: how fast it looks at all bots, and what its start costs.
    private func restart(bots: Int, idle: ProcessUsage) async throws -> RunningProgram {
        report.progress("restarting the operator with \(bots) bots")
        let writesBefore = try await apiWrites()
        let start = ContinuousClock.now
        let program = try await platform.startOperator()
        try await program.waitUntilReady(within: options.patience, every: .milliseconds(20))
        let synced = (ContinuousClock.now - start).seconds
        try await eventually("all \(bots) bots have been looked at", within: options.patience, every: .milliseconds(20))
        {
            try await program.metric("controller_reconciles_total") >= Double(bots)
        }
        let seconds = (ContinuousClock.now - start).seconds
        let usage = try await settledUsage(program)
        let writes = try await apiWrites() - writesBefore
        if options.sections.contains(.reconcile) {
            report.add(
                Figure(
                    .reconcile, "start with \(bots) ready bots until all is known", synced, "s",
                    beside: ("the same objects listed, nothing done with them", try await listTime())))
            report.add(
                Figure(.reconcile, "restart with \(bots) ready bots, all looked at", Double(bots) / seconds, "bots/s"))
            report.add(Figure(.reconcile, "writes of that restart", writes, "writes"))
        }
        if options.sections.contains(.memory) {
            report.add(
                Figure(
                    .memory, "operator, started with \(bots) bots", usage.resident, "MB",
                    beside: ("with none", idle.resident)))
            report.add(
                Figure(.memory, "its peak while starting", usage.peak, "MB", beside: ("peak with none", idle.peak)))
        }
        return program
    }

    /// What the operator does when nothing happens.
    private func rest(_ program: RunningProgram) async throws {
        report.progress("leaving \(options.manyBots) bots alone for \(options.idle) s")
        let writesBefore = try await apiWrites(withEvents: true)
        let reconcilesBefore = try await program.metric("controller_reconciles_total")
        let before = try program.usage
        try await Task.sleep(for: .seconds(options.idle))
        let usage = try program.usage
        let reconciles = try await program.metric("controller_reconciles_total") - reconcilesBefore
        let writes = try await apiWrites(withEvents: true) - writesBefore
        report.add(Figure(.memory, "writes in \(options.idle) s in which nothing happens", writes, "writes"))
        report.add(Figure(.memory, "looks at bots meanwhile", reconciles, "reconciles"))
        report.add(
            Figure(
                .memory, "its processor meanwhile",
                (usage.processorTime - before.processorTime) / Double(options.idle) * 100, "% of a core"))
        report.add(
            Figure(.memory, "operator after that", usage.resident, "MB", beside: ("before it", before.resident)))
    }

    /// Seconds to list, side by side and page by page, what the operator knows of when it is ready.
    private func listTime() async throws -> Double {
        let client = platform.client
        let start = ContinuousClock.now
        try await inParallel([
            TelegramBot.definition, Secret.definition, Deployment.definition, ServiceAccount.definition,
            PodDisruptionBudget<PolicyV1Beta1>.definition,
            ResourceDefinition(group: "keda.sh", version: "v1alpha1", kind: "ScaledObject", plural: "scaledobjects"),
        ]) { definition in
            _ = try await client.rawListAll(definition, pageSize: 200, restart: {}, page: { _ in })
        }
        return (ContinuousClock.now - start).seconds
    }

    private func tellMemory(_ program: RunningProgram, bots: Int, idle: ProcessUsage) async throws {
        guard options.sections.contains(.memory) else { return }
        let usage = try await settledUsage(program)
        report.add(
            Figure(
                .memory, "operator, having made \(bots) bots", usage.resident, "MB",
                beside: ("with none", idle.resident)))
        report.add(Figure(.memory, "its peak", usage.peak, "MB", beside: ("peak with none", idle.peak)))
        report.add(Figure(.memory, "above none", (usage.resident - idle.resident) * 1000 / Double(bots), "kB/bot"))
    }

    /// The usage once there is nothing to do.
    private func settledUsage(_ program: RunningProgram) async throws -> ProcessUsage {
        try await Task.sleep(for: .seconds(5))
        return try program.usage
    }

    /// Changing requests that the API server has answered so far.
    private func apiWrites(withEvents: Bool = false) async throws -> Double {
        let text = try await platform.controlPlane.requestSuccessfully("GET", "/metrics").text
        return MetricText.sum("apiserver_request_total", in: text) { labels in
            // Events are told afterwards and hold nothing up; leases come with the clock.
            ["POST", "PATCH", "PUT", "DELETE", "APPLY"].contains { labels.contains("verb=\"\($0)\"") }
                && (withEvents || !labels.contains("resource=\"events\"")) && !labels.contains("resource=\"leases\"")
        }
    }

    /// Server-side applies of Deployments like a worker's that the API server does in a second, as many at once as the
    /// operator has workers.
    private func applyRate(_ name: String) async throws -> Double {
        let count = min(options.bots, 1000)
        report.progress("\(count) raw applies of Deployments")
        let client = platform.client
        let start = ContinuousClock.now
        try await inParallel(Array(0..<count)) { index in
            let key = ObjectKey(namespace: "reference", name: "\(name)-\(index)")
            _ = try await client.apply(
                json: Array(Self.deployment(key.name).utf8), definition: Deployment.definition, key: key,
                fieldManager: "bench", force: true)
        }
        return Double(count) / (ContinuousClock.now - start).seconds
    }

    static func deployment(_ name: String) -> String {
        let labels = #"{"app.kubernetes.io/name":"bench","app.kubernetes.io/instance":"\#(name)"}"#
        let environment = ["BOT_ID", "KAFKA_BROKERS", "INCOMING_TOPIC", "OUTGOING_TOPIC", "CONSUMER_GROUP", "API_URL"]
            .map { #"{"name":"\#($0)","value":"a value of some length for \#(name)"}"# }.joined(separator: ",")
        return """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"\(name)","namespace":"reference",\
            "labels":\(labels),"annotations":{"bench/hash":"0123456789abcdef"}},"spec":{"replicas":0,\
            "revisionHistoryLimit":3,"selector":{"matchLabels":\(labels)},"template":{"metadata":{"labels":\(labels)},\
            "spec":{"automountServiceAccountToken":false,"containers":[{"name":"bot","image":"example.org/echo:1",\
            "env":[\(environment)],"resources":{"requests":{"cpu":"50m","memory":"32Mi"},"limits":{"memory":"64Mi"}},\
            "securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}}}}
            """
    }
}
