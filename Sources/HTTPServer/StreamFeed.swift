import CMicrohttpd
import Concurrency

/// Carries chunks that come in their own time into a response that libmicrohttpd pulls, suspending the connection while there is nothing to
/// send and the stream's reader while there is too much.
///
/// `@unchecked Sendable` is safe: `state` is locked; `connection` is used off its thread only to resume it while it is
/// suspended, when libmicrohttpd keeps it.
@safe final class StreamFeed: @unchecked Sendable {
    private struct Shared: Sendable {
        var stream = StreamState()
        var reader: Task<Void, Never>?
    }

    private static let blockBytes = 32_768

    private let engine: Engine
    private let connection: OpaquePointer
    private let shared = Locked(Shared())
    private let source: Source

    /// Where the chunks come from.
    enum Source: Sendable {
        case stream(AsyncStream<[UInt8]>)
        case pull(@Sendable () async throws -> [UInt8]?)
    }

    init(engine: Engine, connection: OpaquePointer, source: Source) {
        self.engine = engine
        unsafe self.connection = connection
        self.source = source
    }

    /// A response that lives on this feed, and starts reading the stream.
    ///
    /// - Parameter length: bytes to announce; nil when it is not known.
    func makeResponse(length: Int?) -> OpaquePointer? {
        let context = unsafe Unmanaged.passRetained(self)
        guard
            let response = unsafe MHD_create_response_from_callback(
                length.map { UInt64($0) } ?? UInt64.max, Self.blockBytes, readStream, context.toOpaque(), releaseStream)
        else {
            unsafe context.release()
            return nil
        }
        engine.opened(self)
        let reader = Task { await self.readAll() }
        shared.withLock { $0.reader = reader }
        return unsafe response
    }

    /// Ends the answer in its middle, so that the client sees that it is not whole.
    func cut() {
        let (isSuspended, producer) = shared.withLock { $0.stream.cut() }
        producer?.resume()
        if isSuspended { resume() }
    }

    /// libmicrohttpd is done with the response: sent, or the client has gone.
    fileprivate func released() {
        let reader = shared.withLock { shared in
            defer { shared.reader = nil }
            return shared.reader
        }
        cut()
        reader?.cancel()
        engine.closed(self)
    }

    /// Called on the connection's thread for the next bytes.
    fileprivate func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        let (supply, producer) = shared.withLock { unsafe $0.stream.read(into: target) }
        producer?.resume()
        switch supply {
        case .bytes(let count): return count
        case .end: return cmhd_end_of_stream
        case .cut: return cmhd_end_with_error
        case .nothingYet:
            guard engine.beginSuspension() else { return cmhd_end_with_error }
            unsafe MHD_suspend_connection(connection)
            if !shared.withLock({ $0.stream.suspended() }) { resume() }
            return 0
        }
    }

    private func readAll() async {
        switch source {
        case .stream(let chunks):
            var iterator = chunks.makeAsyncIterator()
            while let chunk = await iterator.next() {
                guard await pass(chunk) else {
                    // Only the cancellation of who reads it tells a stream's producer to stop.
                    unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                    _ = await iterator.next()
                    return
                }
            }
        case .pull(let next):
            do {
                while let chunk = try await next() {
                    guard await pass(chunk) else { return }
                }
            } catch {
                return cut()
            }
        }
        if shared.withLock({ $0.stream.end() }) { resume() }
    }

    /// Adds a chunk and waits until there is room for another. False when nobody wants one.
    private func pass(_ chunk: [UInt8]) async -> Bool {
        if shared.withLock({ $0.stream.append(chunk) }) { resume() }
        await withCheckedContinuation { continuation in
            if !shared.withLock({ $0.stream.park(continuation) }) { continuation.resume() }
        }
        return shared.withLock { $0.stream.isOpen }
    }

    private func resume() {
        unsafe MHD_resume_connection(connection)
        engine.endSuspension()
    }
}

private func readStream(
    _ context: UnsafeMutableRawPointer?, _ position: UInt64, _ target: UnsafeMutablePointer<CChar>?, _ size: Int
) -> Int {
    guard let context = unsafe context, let target = unsafe target else { return cmhd_end_with_error }
    let feed = unsafe Unmanaged<StreamFeed>.fromOpaque(context).takeUnretainedValue()
    return unsafe feed.read(into: UnsafeMutableRawBufferPointer(start: target, count: size))
}

private func releaseStream(_ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<StreamFeed>.fromOpaque(context).takeRetainedValue().released()
}
