#include "CRdKafka.h"

#include <sys/prctl.h>

#define HAS_INCREMENTAL_ALTER_CONFIGS (RD_KAFKA_VERSION >= 0x020200ff)

rd_kafka_resp_err_t crdkafka_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *key,
                                     size_t key_length, const void *value, size_t value_length, int64_t timestamp,
                                     rd_kafka_headers_t *headers, void *opaque) {
    rd_kafka_vu_t arguments[8];
    size_t count = 0;
    arguments[count].vtype = RD_KAFKA_VTYPE_RKT;
    arguments[count++].u.rkt = topic;
    arguments[count].vtype = RD_KAFKA_VTYPE_PARTITION;
    arguments[count++].u.i32 = partition;
    arguments[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    arguments[count++].u.i = RD_KAFKA_MSG_F_COPY;
    arguments[count].vtype = RD_KAFKA_VTYPE_OPAQUE;
    arguments[count++].u.ptr = opaque;
    arguments[count].vtype = RD_KAFKA_VTYPE_KEY;
    arguments[count].u.mem.ptr = (void *)key;
    arguments[count++].u.mem.size = key_length;
    arguments[count].vtype = RD_KAFKA_VTYPE_VALUE;
    arguments[count].u.mem.ptr = (void *)value;
    arguments[count++].u.mem.size = value_length;
    arguments[count].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    arguments[count++].u.i64 = timestamp;
    if (headers) {
        arguments[count].vtype = RD_KAFKA_VTYPE_HEADERS;
        arguments[count++].u.headers = headers;
    }
    rd_kafka_error_t *error = rd_kafka_produceva(client, arguments, count);
    if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return code;
}

int crdkafka_has_incremental_alter_configs(void) {
    return HAS_INCREMENTAL_ALTER_CONFIGS && rd_kafka_version() >= 0x020200ff;
}

rd_kafka_resp_err_t crdkafka_add_incremental_config(rd_kafka_ConfigResource_t *resource, const char *name,
                                                    const char *value) {
#if HAS_INCREMENTAL_ALTER_CONFIGS
    rd_kafka_error_t *error = rd_kafka_ConfigResource_add_incremental_config(
        resource, name, value ? RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET : RD_KAFKA_ALTER_CONFIG_OP_TYPE_DELETE, value);
    if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return code;
#else
    (void)resource, (void)name, (void)value;
    return RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
#endif
}

void crdkafka_incremental_alter_configs(rd_kafka_t *client, rd_kafka_ConfigResource_t *resource, int timeout_ms,
                                        void *opaque, rd_kafka_queue_t *queue) {
#if HAS_INCREMENTAL_ALTER_CONFIGS
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS);
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, NULL, 0);
    rd_kafka_AdminOptions_set_opaque(options, opaque);
    rd_kafka_IncrementalAlterConfigs(client, &resource, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);
#else
    (void)client, (void)resource, (void)timeout_ms, (void)opaque, (void)queue;
#endif
}

const rd_kafka_ConfigResource_t **crdkafka_alter_configs_resources(rd_kafka_event_t *event, size_t *count) {
    *count = 0;
    const rd_kafka_AlterConfigs_result_t *altered = rd_kafka_event_AlterConfigs_result(event);
    if (altered) return rd_kafka_AlterConfigs_result_resources(altered, count);
#if HAS_INCREMENTAL_ALTER_CONFIGS
    const rd_kafka_IncrementalAlterConfigs_result_t *incremental = rd_kafka_event_IncrementalAlterConfigs_result(event);
    if (incremental) return rd_kafka_IncrementalAlterConfigs_result_resources(incremental, count);
#endif
    return NULL;
}

void crdkafka_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
