// Hashes of the leaves of a Kubernetes object's JSON, by simdjson.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What tgs_leaf_digest found. Both arrays are sorted and hold no value twice.
typedef struct {
    /// For each leaf that is not a zero value: the hash of path and value, and (but for booleans) the hash of the path
    /// with the mark that something stands there.
    uint32_t *present;
    size_t present_count;
    /// For each zero value (false, 0, ""): the hash that is in `present` of an object which has another value there.
    uint32_t *zeros;
    size_t zeros_count;
    /// 0, or simdjson's error code; -1 when memory ran out.
    int error;
} tgs_leaf_digest_result;

/// Digests `length` bytes at `json`. The bytes are copied (simdjson wants padding behind them). Free the result with
/// tgs_leaf_digest_free, whatever it says.
tgs_leaf_digest_result tgs_leaf_digest(const uint8_t *json, size_t length);
void tgs_leaf_digest_free(tgs_leaf_digest_result *result);
/// The text of an error; lives for ever.
const char *tgs_leaf_digest_error_text(int error);

#ifdef __cplusplus
}
#endif
