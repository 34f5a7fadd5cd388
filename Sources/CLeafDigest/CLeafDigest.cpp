#include "CLeafDigest.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

/// FNV-1a, 64 bits, folded to 32 at the end.
struct Hash {
    uint64_t value = 0xcbf29ce484222325ull;

    Hash with(std::string_view bytes) const {
        Hash hash = *this;
        for (unsigned char byte : bytes) hash.value = (hash.value ^ byte) * 0x100000001b3ull;
        return hash;
    }
    // A byte that UTF-8 never holds, so that "a" + "b" and "ab" differ.
    Hash with(unsigned char tag, std::string_view bytes) const {
        const char head[2] = {char(0xff), char(tag)};
        return with(std::string_view(head, 2)).with(bytes);
    }
    Hash with(unsigned char tag, uint64_t number) const {
        char bytes[8];
        std::memcpy(bytes, &number, 8);
        return with(tag, std::string_view(bytes, 8));
    }
    // The last step of splitmix64: FNV's high bits alone mix badly for short inputs.
    uint32_t folded() const {
        uint64_t x = value;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
        return uint32_t(x ^ (x >> 31));
    }
};

enum Tag : unsigned char { kMember = 1, kNamed, kIndex, kString, kInteger, kDouble, kQuantity, kTrue, kPresent };

/// A Kubernetes quantity in billionths, rounded up as Kubernetes does: "500m", "0.5", "1Gi", "1e3". false: it is none.
bool quantity(std::string_view text, __int128 &billionths) {
    size_t at = 0;
    bool negative = false;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) negative = text[at++] == '-';
    __int128 mantissa = 0;
    int decimals = 0, digits = 0;
    bool point = false;
    for (; at < text.size(); at++) {
        char c = text[at];
        if (c == '.' && !point) { point = true; continue; }
        if (c < '0' || c > '9') break;
        if (++digits > 20) return false;
        mantissa = mantissa * 10 + (c - '0');
        if (point) decimals++;
    }
    if (digits == 0) return false;
    std::string_view suffix = text.substr(at);
    int exponent = 0, twos = 0;
    if (suffix.empty()) {
    } else if (suffix == "n") { exponent = -9;
    } else if (suffix == "u") { exponent = -6;
    } else if (suffix == "m") { exponent = -3;
    } else if (suffix == "k") { exponent = 3;
    } else if (suffix == "M") { exponent = 6;
    } else if (suffix == "G") { exponent = 9;
    } else if (suffix == "T") { exponent = 12;
    } else if (suffix == "P") { exponent = 15;
    } else if (suffix == "E") { exponent = 18;
    } else if (suffix == "Ki") { twos = 10;
    } else if (suffix == "Mi") { twos = 20;
    } else if (suffix == "Gi") { twos = 30;
    } else if (suffix == "Ti") { twos = 40;
    } else if (suffix == "Pi") { twos = 50;
    } else if (suffix == "Ei") { twos = 60;
    } else if ((suffix[0] == 'e' || suffix[0] == 'E') && suffix.size() > 1) {
        size_t i = 1;
        bool minus = false;
        if (suffix[i] == '+' || suffix[i] == '-') minus = suffix[i++] == '-';
        if (i == suffix.size() || suffix.size() - i > 2) return false;
        for (; i < suffix.size(); i++) {
            if (suffix[i] < '0' || suffix[i] > '9') return false;
            exponent = exponent * 10 + (suffix[i] - '0');
        }
        if (minus) exponent = -exponent;
    } else {
        return false;
    }
    const __int128 limit = (__int128)1 << 120;
    for (; twos > 0; twos--) {
        if (mantissa > limit / 2) return false;
        mantissa *= 2;
    }
    int power = exponent - decimals + 9;
    for (; power > 0; power--) {
        if (mantissa > limit / 10) return false;
        mantissa *= 10;
    }
    bool rest = false;
    for (; power < 0 && mantissa > 0; power++) {
        rest = rest || mantissa % 10 != 0;
        mantissa /= 10;
    }
    if (rest) mantissa += 1;
    billionths = negative ? -mantissa : mantissa;
    return true;
}

/// Where the walk is, as far as it changes what a value means.
enum class Place { root, metadata, elsewhere, resources, quantities };

struct Walk {
    std::vector<uint32_t> present;
    std::vector<uint32_t> zeros;

    void leaf(Hash path, Hash hashed) {
        present.push_back(hashed.folded());
        present.push_back(path.with(kPresent, std::string_view()).folded());
    }
    void zero(Hash path) { zeros.push_back(path.with(kPresent, std::string_view()).folded()); }

    void integer(Hash path, uint64_t bits) { bits == 0 ? zero(path) : leaf(path, path.with(kInteger, bits)); }

    // 1 and 1.0 are one number.
    void number(Hash path, double value) {
        if (std::fabs(value) < 9007199254740992.0 && value == std::floor(value)) {
            integer(path, uint64_t(int64_t(value)));
            return;
        }
        uint64_t bits;
        std::memcpy(&bits, &value, 8);
        leaf(path, path.with(kDouble, bits));
    }

    bool asQuantity(Hash path, std::string_view text) {
        __int128 billionths;
        if (!quantity(text, billionths)) return false;
        Hash hash = path.with(kQuantity, uint64_t(billionths)).with(kQuantity, uint64_t(billionths >> 64));
        leaf(path, hash);
        return true;
    }

    static bool skipped(Place place, std::string_view name) {
        if (place == Place::root) return name == "status" || name == "apiVersion" || name == "kind";
        if (place != Place::metadata) return false;
        return name == "managedFields" || name == "resourceVersion" || name == "uid" || name == "generation" ||
               name == "creationTimestamp" || name == "selfLink";
    }

    static Place inside(Place place, std::string_view name) {
        if (place == Place::root && name == "metadata") return Place::metadata;
        if (name == "resources") return Place::resources;
        if (place == Place::resources && (name == "limits" || name == "requests")) return Place::quantities;
        if (name == "sizeLimit") return Place::quantities;
        return Place::elsewhere;
    }

    void walk(element value, Hash path, Place place) {
        switch (value.type()) {
        case element_type::OBJECT:
            for (auto member : object(value)) {
                if (skipped(place, member.key)) continue;
                Place next = place == Place::quantities ? Place::quantities : inside(place, member.key);
                walk(member.value, path.with(kMember, member.key), next);
            }
            break;
        case element_type::ARRAY: {
            uint64_t index = 0;
            for (element item : array(value)) {
                std::string_view name;
                if (item.is_object() && item["name"].get(name) == simdjson::SUCCESS && !name.empty())
                    walk(item, path.with(kNamed, name), Place::elsewhere);
                else
                    walk(item, path.with(kIndex, index++), Place::elsewhere);
            }
            break;
        }
        case element_type::STRING: {
            std::string_view text = value;
            if (place == Place::quantities && asQuantity(path, text)) break;
            text.empty() ? zero(path) : leaf(path, path.with(kString, text));
            break;
        }
        case element_type::INT64: {
            int64_t integerValue = value;
            if (place == Place::quantities && asQuantity(path, std::to_string(integerValue))) break;
            integer(path, uint64_t(integerValue));
            break;
        }
        case element_type::UINT64: integer(path, uint64_t(value)); break;
        case element_type::DOUBLE: {
            double doubleValue = value;
            if (place == Place::quantities) {
                char text[64];
                int length = std::snprintf(text, sizeof text, "%.9f", doubleValue);
                if (length > 0 && size_t(length) < sizeof text && asQuantity(path, std::string_view(text, length))) break;
            }
            number(path, doubleValue);
            break;
        }
        case element_type::BOOL:
            // A boolean has one other value only, so it needs no mark of its own.
            (bool(value) ? present : zeros).push_back(path.with(kTrue, std::string_view()).folded());
            break;
        case element_type::NULL_VALUE: break;
        }
    }
};

bool copyOut(std::vector<uint32_t> &from, uint32_t *&to, size_t &count) {
    std::sort(from.begin(), from.end());
    from.erase(std::unique(from.begin(), from.end()), from.end());
    count = from.size();
    if (count == 0) return true;
    to = static_cast<uint32_t *>(std::malloc(count * sizeof(uint32_t)));
    if (to == nullptr) return false;
    std::memcpy(to, from.data(), count * sizeof(uint32_t));
    return true;
}

}  // namespace

extern "C" tgs_leaf_digest_result tgs_leaf_digest(const uint8_t *json, size_t length) {
    tgs_leaf_digest_result result = {};
    try {
        // Keeps the memory of the largest object seen; one a thread, because a parser serves one document at a time.
        static thread_local simdjson::dom::parser parser;
        element root;
        auto error = parser.parse(json, length, true).get(root);
        if (error) {
            result.error = error;
            return result;
        }
        if (!root.is_object()) {
            result.error = simdjson::INCORRECT_TYPE;
            return result;
        }
        Walk walk;
        walk.walk(root, Hash(), Place::root);
        if (!copyOut(walk.present, result.present, result.present_count) ||
            !copyOut(walk.zeros, result.zeros, result.zeros_count))
            result.error = -1;
    } catch (...) {
        result.error = -1;
    }
    return result;
}

extern "C" void tgs_leaf_digest_free(tgs_leaf_digest_result *result) {
    std::free(result->present);
    std::free(result->zeros);
    *result = {};
}

extern "C" const char *tgs_leaf_digest_error_text(int error) {
    return error < 0 ? "out of memory" : simdjson::error_message(simdjson::error_code(error));
}
