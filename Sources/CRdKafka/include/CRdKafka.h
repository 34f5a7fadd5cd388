// The one place that includes librdkafka's headers, with typed stand-ins for what Swift cannot call: variadic functions,
// unions, and functions that only newer versions have.
#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// Queues one record. `key` and `value` are copied; a null pointer is a null key or value. `partition` may be
/// RD_KAFKA_PARTITION_UA. `timestamp` is in milliseconds, 0 for now. `headers` (may be null) belongs to librdkafka after
/// success only. Never blocks: a full queue is RD_KAFKA_RESP_ERR__QUEUE_FULL.
rd_kafka_resp_err_t crdkafka_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *key,
                                     size_t key_length, const void *value, size_t value_length, int64_t timestamp,
                                     rd_kafka_headers_t *headers, void *opaque);

/// 1 when the library that is *linked* has IncrementalAlterConfigs and the headers this was compiled with do too (2.2).
int crdkafka_has_incremental_alter_configs(void);

/// Sets `name` of `resource` to `value` in an incremental change, or back to its default when `value` is null.
rd_kafka_resp_err_t crdkafka_add_incremental_config(rd_kafka_ConfigResource_t *resource, const char *name,
                                                    const char *value);

/// IncrementalAlterConfigs of one resource; the answer comes to `queue`, see crdkafka_incremental_alter_result.
void crdkafka_incremental_alter_configs(rd_kafka_t *client, rd_kafka_ConfigResource_t *resource, int timeout_ms,
                                        void *opaque, rd_kafka_queue_t *queue);

/// The resources of an answer to AlterConfigs or IncrementalAlterConfigs; null when `event` is neither.
const rd_kafka_ConfigResource_t **crdkafka_alter_configs_resources(rd_kafka_event_t *event, size_t *count);

/// Names the calling thread, for debuggers; at most 15 bytes are shown.
void crdkafka_name_thread(const char *name);

/// RD_KAFKA_PURGE_F_… and RD_KAFKA_PARTITION_UA are macros with casts, which Swift does not import.
static inline int32_t crdkafka_partition_unassigned(void) { return RD_KAFKA_PARTITION_UA; }
static inline int crdkafka_purge_everything(void) { return RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT; }
