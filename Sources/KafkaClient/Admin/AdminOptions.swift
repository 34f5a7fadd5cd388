import CRdKafka

/// `rd_kafka_AdminOptions_t` of one operation.
@safe struct AdminOptions {
    let pointer: OpaquePointer
}
