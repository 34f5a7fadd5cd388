#include "CUpdateScanner.h"

#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include <simdjson.h>

using namespace simdjson;

namespace {

/// In the order of the fields of Update in the Bot API's documentation (10.1).
constexpr const char *kinds[] = {
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
};
constexpr int32_t kindCount = sizeof(kinds) / sizeof(kinds[0]);

/// Buffers of a thread grow to what they saw; above this they are given back after use.
constexpr size_t keptBytes = 1u << 20;

/// simdjson refuses what reaches its depth.
constexpr size_t parserDepth = TGS_SCAN_MAX_DEPTH + 1;

/// simdjson reads up to SIMDJSON_PADDING bytes past the end, so the text is copied into a buffer that has them.
struct Padded {
    std::unique_ptr<uint8_t[]> bytes;
    size_t capacity = 0;

    const uint8_t *fill(const uint8_t *source, size_t length) {
        if (length + SIMDJSON_PADDING > capacity || !bytes) {
            size_t wanted = length + SIMDJSON_PADDING + 4096;
            bytes.reset(new (std::nothrow) uint8_t[wanted]);
            capacity = bytes ? wanted : 0;
            if (!bytes) return nullptr;
        }
        std::memcpy(bytes.get(), source, length);
        std::memset(bytes.get() + length, 0, SIMDJSON_PADDING);
        return bytes.get();
    }

    void trim() {
        if (capacity > keptBytes) {
            bytes.reset();
            capacity = 0;
        }
    }
};

struct Scanner {
    Padded buffer;
    std::unique_ptr<dom::parser> tree = std::make_unique<dom::parser>();
    std::unique_ptr<ondemand::parser> stream = std::make_unique<ondemand::parser>();

    void trim(size_t length) {
        buffer.trim();
        if (length > keptBytes) {
            tree = std::make_unique<dom::parser>();
            stream = std::make_unique<ondemand::parser>();
        }
    }
};

thread_local Scanner scanner;

int32_t kindNamed(std::string_view name) {
    for (int32_t index = 0; index < kindCount; index++) {
        if (name == kinds[index]) return index;
    }
    return -1;
}

bool child(const dom::object &parent, std::string_view name, dom::object &found) {
    return parent.at_key(name).get(found) == SUCCESS;
}

bool integer(const dom::object &parent, std::string_view name, int64_t &found) {
    return parent.at_key(name).get(found) == SUCCESS;
}

/// The chat an update happened in. Only `callback_query` has it one level down; `user_chat_id` stands for the private
/// chat of a business connection; `voter_chat` for an anonymous voter.
bool chatOf(const dom::object &content, int64_t &chat) {
    dom::object inner, message;
    if (child(content, "chat", inner) && integer(inner, "id", chat)) return true;
    if (child(content, "message", message) && child(message, "chat", inner) && integer(inner, "id", chat)) return true;
    if (integer(content, "user_chat_id", chat)) return true;
    return child(content, "voter_chat", inner) && integer(inner, "id", chat);
}

/// Who did it: `from` in messages and queries, `user` in reactions and poll answers, the booster of a boost.
bool userOf(const dom::object &content, int64_t &user) {
    dom::object inner, source;
    if (child(content, "from", inner) && integer(inner, "id", user)) return true;
    if (child(content, "user", inner) && integer(inner, "id", user)) return true;
    if (child(content, "source", source) && child(source, "user", inner) && integer(inner, "id", user)) return true;
    return child(content, "boost", inner) && child(inner, "source", source) && child(source, "user", inner)
        && integer(inner, "id", user);
}

int statusOf(error_code error) {
    switch (error) {
    case DEPTH_ERROR: return TGS_SCAN_TOO_DEEP;
    case MEMALLOC: return TGS_SCAN_OUT_OF_MEMORY;
    case CAPACITY: return TGS_SCAN_TOO_LARGE;
    default: return TGS_SCAN_NOT_JSON;
    }
}

int scan(const uint8_t *bytes, size_t length, tgs_update_fields *fields) {
    const uint8_t *text = scanner.buffer.fill(bytes, length);
    if (!text) return TGS_SCAN_OUT_OF_MEMORY;
    dom::parser &parser = *scanner.tree;
    if (parser.max_depth() != parserDepth) {
        if (auto error = parser.allocate(length, parserDepth)) return statusOf(error);
    }
    dom::element root;
    // The tree parser rather than on-demand: it costs a little more and refuses all that is not JSON, so that what was
    // taken for an Update can be put into another JSON text as it is.
    if (auto error = parser.parse(text, length, false).get(root)) return statusOf(error);
    dom::object update;
    if (root.get(update)) return TGS_SCAN_NOT_AN_OBJECT;

    bool hasID = false;
    dom::object content;
    bool hasContent = false;
    bool isKnown = false;
    for (auto field : update) {
        if (field.key == "update_id") {
            hasID = field.value.get(fields->update_id) == SUCCESS;
        } else if (!isKnown) {
            // An Update has one kind. A known one is preferred to whatever else an object carries.
            dom::object candidate;
            if (field.value.get(candidate)) continue;
            content = candidate;
            fields->kind = kindNamed(field.key);
            hasContent = true;
            isKnown = fields->kind >= 0;
        }
    }
    if (!hasID) return TGS_SCAN_NO_UPDATE_ID;
    if (hasContent) {
        fields->has_chat_id = chatOf(content, fields->chat_id);
        fields->has_user_id = userOf(content, fields->user_id);
    }
    return TGS_SCAN_OK;
}

int split(const uint8_t *bytes, size_t length, tgs_slice *slices, size_t capacity, size_t *count) {
    const uint8_t *text = scanner.buffer.fill(bytes, length);
    if (!text) return TGS_SCAN_OUT_OF_MEMORY;
    ondemand::document document;
    auto error = scanner.stream->iterate(text, length, scanner.buffer.capacity).get(document);
    if (error) return statusOf(error);
    ondemand::object answer;
    if (document.get_object().get(answer)) return TGS_SCAN_NOT_AN_OBJECT;
    ondemand::array result;
    if (answer.find_field_unordered("result").get_array().get(result)) return TGS_SCAN_NOT_JSON;
    for (auto element : result) {
        ondemand::object update;
        std::string_view raw;
        if (element.get_object().get(update) || update.raw_json().get(raw)) return TGS_SCAN_NOT_JSON;
        // What stands between two elements is counted to the first.
        raw = raw.substr(0, raw.find_last_of('}') + 1);
        // What opens as an object and has no end before the next element.
        if (raw.size() < 2) return TGS_SCAN_NOT_JSON;
        if (*count == capacity) return TGS_SCAN_TOO_MANY;
        size_t offset = static_cast<size_t>(reinterpret_cast<const uint8_t *>(raw.data()) - text);
        if (offset > length || raw.size() > length - offset) return TGS_SCAN_NOT_JSON;
        slices[(*count)++] = {offset, raw.size()};
    }
    return TGS_SCAN_OK;
}

}  // namespace

const char *tgs_update_kind_name(int32_t kind) {
    return kind >= 0 && kind < kindCount ? kinds[kind] : nullptr;
}

int tgs_update_scan(const uint8_t *bytes, size_t length, tgs_update_fields *fields) {
    *fields = tgs_update_fields{};
    fields->kind = -1;
    if (length == 0) return TGS_SCAN_NOT_JSON;
    if (length > TGS_SCAN_MAX_BYTES) return TGS_SCAN_TOO_LARGE;
    int status = scan(bytes, length, fields);
    scanner.trim(length);
    return status;
}

int tgs_updates_split(
    const uint8_t *bytes, size_t length, tgs_slice *slices, size_t capacity, size_t *count) {
    *count = 0;
    if (length == 0) return TGS_SCAN_NOT_JSON;
    if (length > TGS_SCAN_MAX_BYTES) return TGS_SCAN_TOO_LARGE;
    int status = split(bytes, length, slices, capacity, count);
    scanner.trim(length);
    return status;
}
