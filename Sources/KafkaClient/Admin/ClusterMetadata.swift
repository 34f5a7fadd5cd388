import CRdKafka

/// What one metadata answer said.
struct ClusterMetadata: Sendable {
    /// What to ask about.
    enum Scope: Sendable {
        case nothing
        case topic(String)
        case allTopics
    }

    let brokers: Int
    /// Only topics that are there.
    let topics: [String: TopicDescription]

    /// Copies librdkafka's structure.
    init(_ metadata: rd_kafka_metadata) throws(KafkaError) {
        brokers = unsafe Int(metadata.broker_cnt)
        var topics: [String: TopicDescription] = [:]
        for index in 0..<(unsafe Int(metadata.topic_cnt)) {
            let topic = unsafe metadata.topics[index]
            let name = unsafe String(cString: topic.topic)
            let error = unsafe topic.err
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE else {
                if KafkaError.code(of: error) == .unknownTopic { continue }
                throw KafkaError(error, "describing topic \(name)")
            }
            let partitions = unsafe UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
            topics[name] = TopicDescription(
                name: name,
                partitions: unsafe partitions.map { partition in
                    let replicas = unsafe UnsafeBufferPointer(
                        start: partition.replicas, count: Int(partition.replica_cnt))
                    return unsafe PartitionDescription(
                        id: partition.id, leader: partition.leader, replicas: Array(replicas))
                }.sorted { $0.id < $1.id })
        }
        self.topics = topics
    }
}
