import Concurrency
import ControllerRuntime

/// The objects of one kind as an API server holds them: versions, pages, a history of events that can be compacted,
/// watches that can be cut, and failures on demand.
final class FakeCluster: ListWatcher {
    private struct Object: Sendable {
        var namespace: String
        var name: String
        var version: Int
        var payload: String

        var json: [UInt8] {
            Array(
                #"{"metadata":{"namespace":"\#(namespace)","name":"\#(name)","resourceVersion":"\#(version)"},"data":"\#(payload)"}"#
                    .utf8)
        }
    }

    private enum Change: Sendable {
        case added(Object)
        case modified(Object)
        case deleted(Object)
        case bookmark(Int)

        var version: Int {
            switch self {
            case .added(let object), .modified(let object), .deleted(let object): object.version
            case .bookmark(let version): version
            }
        }

        var event: RawObjectEvent {
            switch self {
            case .added(let object): .added(object.json)
            case .modified(let object): .modified(object.json)
            case .deleted(let object): .deleted(object.json)
            case .bookmark(let version): .bookmark(resourceVersion: "\(version)")
            }
        }
    }

    private struct State: Sendable {
        var objects: [String: Object] = [:]
        var version = 100
        var log: [Change] = []
        var compacted = 0
        var listFailures: [ReflectorFailure] = []
        var watchFailures: [ReflectorFailure] = []
        var watchers: [Int: AsyncThrowingStream<RawObjectEvent, any Error>.Continuation] = [:]
        var nextWatcher = 0
        var lists: [ListRequest] = []
        var watches: [WatchRequest] = []
        var permanentFailure: ReflectorFailure?
        var ignoresLimit = false
    }

    private let state = Locked(State())

    /// The lists and watches that were asked for.
    var lists: [ListRequest] { state.withLock { $0.lists } }
    var watches: [WatchRequest] { state.withLock { $0.watches } }
    /// Watches that stand now.
    var openWatches: Int { state.withLock { $0.watchers.count } }
    var version: Int { state.withLock { $0.version } }

    func put(_ name: String, namespace: String = "default", _ payload: String = "") {
        change { state in
            state.version += 1
            let isNew = state.objects[name] == nil
            let object = Object(namespace: namespace, name: name, version: state.version, payload: payload)
            state.objects[name] = object
            return isNew ? .added(object) : .modified(object)
        }
    }

    func delete(_ name: String) {
        change { state in
            guard var object = state.objects.removeValue(forKey: name) else { return nil }
            state.version += 1
            object.version = state.version
            return .deleted(object)
        }
    }

    /// Something else in the cluster changed; the watches are told by a bookmark.
    func bookmark() {
        change { state in
            state.version += 1
            return .bookmark(state.version)
        }
    }

    /// Forgets the history: watches cannot begin at older versions.
    func compact() {
        state.withLock { state in
            state.compacted = state.version
            state.log.removeAll()
        }
    }

    /// Ends all watches: as the server does at their time-out, or with a failure.
    func endWatches(_ failure: ReflectorFailure? = nil) {
        let watchers = state.withLock { state in
            defer { state.watchers = [:] }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.finish(throwing: failure) }
    }

    func failNextLists(_ failures: ReflectorFailure...) { state.withLock { $0.listFailures += failures } }
    func failNextWatches(_ failures: ReflectorFailure...) { state.withLock { $0.watchFailures += failures } }
    /// Everything fails so until it is `nil` again.
    func failAll(_ failure: ReflectorFailure?) { state.withLock { $0.permanentFailure = failure } }

    func list(_ request: ListRequest) async throws -> ListPage {
        try state.withLock { state in
            state.lists.append(request)
            if let failure = state.permanentFailure { throw failure }
            if !state.listFailures.isEmpty { throw state.listFailures.removeFirst() }
            let all = state.objects.values.sorted { $0.name < $1.name }
            let start: Int
            let version: Int
            if let token = request.continueToken {
                let parts = token.split(separator: ":").compactMap { Int($0) }
                (version, start) = (parts[0], parts[1])
            } else {
                (version, start) = (state.version, 0)
            }
            let end = request.resourceVersion == "0" ? all.count : min(all.count, start + request.limit)
            return ListPage(
                items: all[min(start, end)..<end].map(\.json), resourceVersion: "\(version)",
                continueToken: end < all.count ? "\(version):\(end)" : nil)
        }
    }

    func watch(_ request: WatchRequest, onEvent: @Sendable (RawObjectEvent) -> Void) async throws {
        let (stream, id) = try state.withLock { state in
            state.watches.append(request)
            if let failure = state.permanentFailure { throw failure }
            if !state.watchFailures.isEmpty { throw state.watchFailures.removeFirst() }
            let from = Int(request.resourceVersion) ?? 0
            if from < state.compacted { throw ReflectorFailure(.expired, "too old resource version") }
            let (stream, continuation) = AsyncThrowingStream.makeStream(of: RawObjectEvent.self)
            continuation.yield(.opened)
            for change in state.log where change.version > from { continuation.yield(change.event) }
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = continuation
            return (stream, state.nextWatcher)
        }
        defer { state.withLock { $0.watchers[id] = nil } }
        for try await event in stream { onEvent(event) }
        try Task.checkCancellation()
    }

    private func change(_ body: (inout State) -> Change?) {
        state.withLock { state in
            guard let change = body(&state) else { return }
            state.log.append(change)
            for watcher in state.watchers.values { watcher.yield(change.event) }
        }
    }
}
