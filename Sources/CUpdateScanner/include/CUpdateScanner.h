#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What the scanner says about a buffer. The numbers are part of the interface: Swift maps them.
enum {
    TGS_SCAN_OK = 0,
    /// Not JSON, or JSON with something behind its end.
    TGS_SCAN_NOT_JSON = 1,
    /// JSON, but its root is no object.
    TGS_SCAN_NOT_AN_OBJECT = 2,
    /// An object without an integer `update_id`.
    TGS_SCAN_NO_UPDATE_ID = 3,
    /// Nested deeper than `TGS_SCAN_MAX_DEPTH`.
    TGS_SCAN_TOO_DEEP = 4,
    TGS_SCAN_OUT_OF_MEMORY = 5,
    /// Longer than `TGS_SCAN_MAX_BYTES`.
    TGS_SCAN_TOO_LARGE = 6,
    /// An answer to getUpdates with more updates than there is room for.
    TGS_SCAN_TOO_MANY = 7,
};

/// The deepest nesting of objects and arrays that is taken; those that are empty are no level.
#define TGS_SCAN_MAX_DEPTH 256
/// The longest buffer that is taken, in bytes.
#define TGS_SCAN_MAX_BYTES (64u << 20)

typedef struct {
    int64_t update_id;
    int64_t chat_id;
    int64_t user_id;
    /// Index into the kinds of `tgs_update_kind_name`, or -1: a kind that is not known here, or none.
    int32_t kind;
    uint8_t has_chat_id;
    uint8_t has_user_id;
} tgs_update_fields;

typedef struct {
    size_t offset;
    size_t length;
} tgs_slice;

/// The Bot API's name of the kind with that index; NULL behind the last one.
const char *tgs_update_kind_name(int32_t kind);

/// Scans one Update. Thread-safe: each thread has a parser of its own. Reads `bytes[0..<length]` and nothing else.
int tgs_update_scan(const uint8_t *bytes, size_t length, tgs_update_fields *fields);

/// Finds the elements of the array `result` of an answer to getUpdates, as slices of `bytes`. The elements themselves
/// are not checked.
int tgs_updates_split(
    const uint8_t *bytes, size_t length, tgs_slice *slices, size_t capacity, size_t *count);

#ifdef __cplusplus
}
#endif
