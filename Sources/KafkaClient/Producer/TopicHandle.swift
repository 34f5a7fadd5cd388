/// One `rd_kafka_topic_t` of a ``ProducerInstance``, which frees it at its end.
///
/// `@unchecked Sendable` is safe: the pointer never changes and librdkafka's functions take it from any thread.
@safe struct TopicHandle: @unchecked Sendable {
    let pointer: OpaquePointer
}
