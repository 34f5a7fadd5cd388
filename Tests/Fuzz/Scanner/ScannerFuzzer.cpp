// What tgs_update_scan and tgs_updates_split say of any bytes must be what a second reading of them says.

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "CUpdateScanner.h"
#include "JSONReader.hpp"

namespace {

/// Ends the run with what is wrong; libFuzzer then keeps the input.
#define REQUIRE(condition, ...)              \
    do {                                     \
        if (!(condition)) {                  \
            std::fprintf(stderr, "FINDING: " __VA_ARGS__); \
            std::fputc('\n', stderr);        \
            std::abort();                    \
        }                                    \
    } while (0)

const JSONNode *object(const JSONNode *node) {
    return node && node->kind == JSONNode::Kind::object ? node : nullptr;
}

const JSONNode *object(const JSONNode *parent, const char *name) {
    return parent ? object(parent->member(name)) : nullptr;
}

bool integer(const JSONNode *parent, const char *name, int64_t &found) {
    const JSONNode *node = parent ? parent->member(name) : nullptr;
    if (!node || !node->isInteger) return false;
    found = node->integer;
    return true;
}

int32_t kindNamed(const std::string &name) {
    for (int32_t index = 0; tgs_update_kind_name(index); index++) {
        if (name == tgs_update_kind_name(index)) return index;
    }
    return -1;
}

/// The fields of an Update as the header describes them.
bool fieldsOf(const JSONNode &update, tgs_update_fields &fields) {
    fields = tgs_update_fields{};
    fields.kind = -1;
    bool hasID = false;
    const JSONNode *content = nullptr;
    for (const auto &member : update.members) {
        if (member.name == "update_id") {
            hasID = member.value.isInteger;
            if (hasID) fields.update_id = member.value.integer;
        } else if (object(&member.value) && fields.kind < 0) {
            content = &member.value;
            fields.kind = kindNamed(member.name);
        }
    }
    fields.has_chat_id = integer(object(content, "chat"), "id", fields.chat_id)
        || integer(object(object(content, "message"), "chat"), "id", fields.chat_id)
        || integer(content, "user_chat_id", fields.chat_id)
        || integer(object(content, "voter_chat"), "id", fields.chat_id);
    fields.has_user_id = integer(object(content, "from"), "id", fields.user_id)
        || integer(object(content, "user"), "id", fields.user_id)
        || integer(object(object(content, "source"), "user"), "id", fields.user_id)
        || integer(object(object(object(content, "boost"), "source"), "user"), "id", fields.user_id);
    return hasID;
}

bool equal(const tgs_update_fields &a, const tgs_update_fields &b) {
    return a.update_id == b.update_id && a.kind == b.kind && a.has_chat_id == b.has_chat_id
        && a.has_user_id == b.has_user_id && (!a.has_chat_id || a.chat_id == b.chat_id)
        && (!a.has_user_id || a.user_id == b.user_id);
}

void print(const char *who, const tgs_update_fields &fields) {
    std::fprintf(
        stderr, "%s: update %" PRId64 ", kind %d, chat %d %" PRId64 ", user %d %" PRId64 "\n", who, fields.update_id,
        fields.kind, fields.has_chat_id, fields.chat_id, fields.has_user_id, fields.user_id);
}

/// A text and what the second reading found in it.
struct Reading {
    JSONNode root;
    JSONReader reader;
    bool isJSON;

    Reading(const uint8_t *bytes, size_t length) : reader(bytes, length), isJSON(reader.read(root)) {}

    /// Whether a text with this status is refused rightly for its depth.
    bool isDeep() const { return reader.hasGivenUp || reader.depthOfEmpty > TGS_SCAN_MAX_DEPTH; }
};

void checkScan(const Reading &reading, int status, const tgs_update_fields &fields) {
    if (status == TGS_SCAN_TOO_DEEP) {
        REQUIRE(reading.isDeep(), "too deep at depth %zu", reading.reader.depthOfEmpty);
        return;
    }
    if (!reading.isJSON) {
        REQUIRE(status == TGS_SCAN_NOT_JSON || reading.reader.hasGivenUp, "status %d for what is not JSON", status);
        return;
    }
    REQUIRE(reading.reader.depth <= TGS_SCAN_MAX_DEPTH, "depth %zu was taken", reading.reader.depth);
    // simdjson refuses the first half of a surrogate pair without its second.
    if (status == TGS_SCAN_NOT_JSON && reading.reader.hasLoneSurrogate) return;
    if (reading.root.kind != JSONNode::Kind::object) {
        REQUIRE(status == TGS_SCAN_NOT_AN_OBJECT, "status %d for what is no object", status);
        return;
    }
    tgs_update_fields expected;
    if (!fieldsOf(reading.root, expected)) {
        REQUIRE(status == TGS_SCAN_NO_UPDATE_ID, "status %d without an update_id", status);
        return;
    }
    REQUIRE(status == TGS_SCAN_OK, "status %d for an Update", status);
    if (!equal(fields, expected)) {
        print("scanner", fields);
        print("second reading", expected);
        REQUIRE(false, "fields differ");
    }
}

/// The slices that an answer to getUpdates has; false when it is none. Names of members are compared as they are
/// written.
bool slicesOf(const JSONNode &answer, std::vector<tgs_slice> &slices) {
    if (!object(&answer)) return false;
    for (const auto &member : answer.members) {
        if (member.raw != "result") continue;
        if (member.value.kind != JSONNode::Kind::array) return false;
        for (const auto &element : member.value.elements) {
            if (!object(&element)) return false;
            slices.push_back({element.offset, element.length});
        }
        return true;
    }
    return false;
}

void checkSplit(const Reading &reading, const uint8_t *bytes, size_t length, size_t capacity) {
    std::vector<tgs_slice> slices(capacity);
    size_t count = capacity + 1;
    int status = tgs_updates_split(bytes, length, slices.data(), capacity, &count);
    REQUIRE(count <= capacity, "%zu slices in room for %zu", count, capacity);
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        REQUIRE(slices[i].offset >= end, "slice %zu overlaps the one before it", i);
        REQUIRE(
            slices[i].offset <= length && slices[i].length <= length - slices[i].offset, "slice %zu is out of bounds", i);
        REQUIRE(slices[i].length >= 2, "slice %zu is too short for an object", i);
        end = slices[i].offset + slices[i].length;
        REQUIRE(bytes[slices[i].offset] == '{' && bytes[end - 1] == '}', "slice %zu is no object", i);
    }
    if (!reading.isJSON || reading.isDeep() || reading.reader.hasLoneSurrogate) return;
    std::vector<tgs_slice> expected;
    if (!slicesOf(reading.root, expected)) {
        REQUIRE(status != TGS_SCAN_OK, "%zu slices of what has none", count);
        return;
    }
    if (expected.size() > capacity) {
        REQUIRE(status == TGS_SCAN_TOO_MANY, "status %d with %zu for %zu", status, expected.size(), capacity);
        return;
    }
    REQUIRE(status == TGS_SCAN_OK && count == expected.size(), "status %d, %zu slices of %zu", status, count, expected.size());
    for (size_t i = 0; i < count; i++) {
        REQUIRE(
            slices[i].offset == expected[i].offset && slices[i].length == expected[i].length,
            "slice %zu is %zu+%zu instead of %zu+%zu", i, slices[i].offset, slices[i].length, expected[i].offset,
            expected[i].length);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    // Nothing must be read of an empty buffer, wherever it is.
    const uint8_t *text = length ? bytes : nullptr;
    Reading reading(text, length);
    tgs_update_fields fields, again;
    std::memset(&fields, 0xA5, sizeof fields);
    int status = tgs_update_scan(text, length, &fields);
    checkScan(reading, status, fields);
    checkSplit(reading, text, length, 100);
    checkSplit(reading, text, length, 2);
    // A thread's parsers keep their buffers: what they read before must not matter.
    REQUIRE(tgs_update_scan(text, length, &again) == status, "another status the second time");
    REQUIRE(status != TGS_SCAN_OK || equal(fields, again), "other fields the second time");
    return 0;
}
