import CRdKafka
import Glibc

/// Threads for calls that block, which must stay away from the cooperative pool.
enum OwnThread {
    /// Carries the body over the C boundary.
    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Runs `body` on a new detached thread.
    /// - Parameter name: at most 15 bytes, shown by debuggers and `top -H`.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(Body(name, body)).toOpaque()
        let result = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                unsafe crdkafka_name_thread(body.name)
                body.run()
                return nil
            }, context)
        precondition(result == 0, "no thread for \(name): error \(result)")
        pthread_detach(thread)
    }
}
