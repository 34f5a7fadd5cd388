import Concurrency
package import Observability

/// An HTTP/1.1 server over libmicrohttpd whose handlers are async.
///
/// A handler starts on the thread that read the request and stays there until it first suspends, so one that need not
/// suspend costs no switch of threads; it must not block. One that suspends goes on in the cooperative pool.
package final class HTTPServer: Service {
    /// Answers a request. Cancelled when it takes longer than ``Configuration/handlerTimeout``.
    package typealias Handler = @Sendable (HTTPServerRequest) async -> HTTPServerResponse

    /// Answers a request by calling `answer` once, now or later, on any thread; it and `answer` must not block. What is not
    /// answered within ``Configuration/handlerTimeout`` is answered 503. It costs no task, which counts where requests come by
    /// the ten thousand in a second.
    package typealias CallbackHandler =
        @Sendable (HTTPServerRequest, _ answer: @escaping @Sendable (HTTPServerResponse) -> Void) -> Void

    package let name: String
    private let engine: Engine

    /// - Parameters:
    ///   - name: for logs and the `server` label of the metrics: "webhook server".
    ///   - metrics: where `http_server_requests_total`, `http_server_request_duration_seconds` and
    ///     `http_server_connections` are kept.
    package init(
        _ configuration: Configuration = Configuration(), name: String, logger: Logger,
        metrics: MetricsRegistry? = nil, handler: @escaping Handler
    ) {
        self.name = name
        engine = Engine(
            configuration, name: name, logger: logger,
            metrics: metrics.map { ServerMetrics($0, server: name) }, handler: handler)
    }

    /// A server that answers by `router`.
    package init(
        _ configuration: Configuration = Configuration(), name: String, logger: Logger,
        metrics: MetricsRegistry? = nil, router: HTTPRouter
    ) {
        self.name = name
        let callback: Engine.CallbackLookup? = if router.hasCallbacks { { router.callback(for: $0) } } else { nil }
        engine = Engine(
            configuration, name: name, logger: logger, metrics: metrics.map { ServerMetrics($0, server: name) },
            callback: callback, handler: { await router.handle($0) })
    }

    deinit { engine.halt() }

    /// Binds, listens and serves. Does nothing when it already does.
    package func start() throws(HTTPServerError) { try engine.start() }

    /// The port listened on; 0 before ``start()``.
    package var port: UInt16 { engine.port }

    /// Serves until ``shutdown()``, also when that came first. Cancellation ends it at once: what is in flight is
    /// answered 503.
    package func run() async throws {
        do {
            try start()
        } catch {
            guard error.code == .alreadyStopped else { throw error }
        }
        await withTaskCancellationHandler {
            await engine.stopped()
        } onCancel: {
            engine.halt()
        }
    }

    /// Stops listening, lets answers in flight end (each tells its client to close the connection), closes idle
    /// connections and returns when all is down: after ``Configuration/shutdownTimeout`` at the latest, when handlers that
    /// still run are cancelled and their requests answered 503.
    package func shutdown() async {
        engine.drain()
        await engine.stopped()
    }
}
