/// A partition as the brokers' metadata shows it.
package struct PartitionDescription: Sendable, Equatable {
    package let id: Int32
    /// The leading broker's id; -1 when there is none at present.
    package let leader: Int32
    /// Broker ids.
    package let replicas: [Int32]

    package init(id: Int32, leader: Int32, replicas: [Int32]) {
        self.id = id
        self.leader = leader
        self.replicas = replicas
    }
}
