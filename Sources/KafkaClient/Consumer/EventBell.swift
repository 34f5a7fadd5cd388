import CRdKafka
import Concurrency
import Dispatch

/// Wakes a thread when a client's main queue is no longer empty, so that it need not wait inside librdkafka (which takes
/// any waiting for the program's own asking for records).
final class EventBell: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func ring() { semaphore.signal() }

    func wait(for time: Duration) { _ = semaphore.wait(timeout: .now() + time.seconds) }

    /// Rings at every event of `client`, whose callback context must keep the bell.
    func attach(to client: Client) {
        unsafe rd_kafka_queue_cb_event_enable(
            client.queue,
            { _, bell in
                guard let bell = unsafe bell else { return }
                unsafe Unmanaged<EventBell>.fromOpaque(bell).takeUnretainedValue().ring()
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}
