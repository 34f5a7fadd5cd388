import CRdKafka
import Concurrency

/// The target of librdkafka's rebalance callback: its opaque, kept alive by the ``Client`` until the instance is gone.
final class RebalanceCallbacks: Sendable {
    /// The partitions of one rebalance, valid while it is being handled.
    @safe struct Partitions {
        let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?

        var names: [TopicPartition] {
            guard let pointer = unsafe pointer else { return [] }
            return unsafe PartitionList.elements(of: pointer).map(\.partition)
        }
    }

    private let handler = Locked<(@Sendable (rd_kafka_resp_err_t, Partitions) -> Void)?>(nil)
    /// Kept as long as librdkafka may ring it.
    let bell: EventBell

    init(bell: EventBell) { self.bell = bell }

    func set(_ handler: @escaping @Sendable (rd_kafka_resp_err_t, Partitions) -> Void) {
        self.handler.withLock { $0 = handler }
    }

    /// Must be called before the client is made.
    func install(in setup: ClientSetup) {
        unsafe rd_kafka_conf_set_opaque(setup.conf, Unmanaged.passUnretained(self).toOpaque())
        unsafe rd_kafka_conf_set_rebalance_cb(setup.conf) { _, error, partitions, context in
            guard let context = unsafe context else { return }
            let callbacks = unsafe Unmanaged<RebalanceCallbacks>.fromOpaque(context).takeUnretainedValue()
            let handler = callbacks.handler.withLock { $0 }
            handler?(error, unsafe Partitions(pointer: partitions))
        }
    }
}
