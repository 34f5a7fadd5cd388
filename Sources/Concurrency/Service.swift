/// A long-lived part of a program: a server, a consumer, a controller.
package protocol Service: Sendable {
    /// A short name for logs: "webhook server".
    var name: String { get }

    /// Works until ``shutdown()`` is called or the task is cancelled. Returning or throwing before that is a failure
    /// that ends the program.
    func run() async throws

    /// Asks the service to end: take nothing new, finish what is in flight, then return from ``run()``. Returns at once
    /// or when the service has stopped taking new work; called at most once.
    func shutdown() async
}
