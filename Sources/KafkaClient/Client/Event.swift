/// One `rd_kafka_event_t`, valid while it is being handled.
@safe struct Event {
    let pointer: OpaquePointer
}
