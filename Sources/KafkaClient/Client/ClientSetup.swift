/// An `rd_kafka_conf_t` whose callbacks are being set, before the client is made.
@safe struct ClientSetup {
    let conf: OpaquePointer
}
