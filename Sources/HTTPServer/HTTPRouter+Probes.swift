import HTTPTypes
package import Observability

extension HTTPRouter {
    /// Adds what Kubernetes and Prometheus ask a process: GET /health (200 while it runs), /ready (200, or 503 with the
    /// reasons) and /metrics (text format 0.0.4).
    package mutating func probeRoutes(health: HealthRegistry, metrics: MetricsRegistry) {
        get("/health") { _ in .text("ok\n") }
        get("/ready") { _ in
            health.notReady.map { .text("\($0)\n", .serviceUnavailable) } ?? .text("ready\n")
        }
        get("/metrics") { _ in
            HTTPServerResponse(
                headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
                body: Array(metrics.render().utf8))
        }
    }
}
