#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// A second reading of RFC 8259, written for being plain rather than fast, that shares nothing with what it checks.
struct JSONNode {
    enum class Kind { object, array, string, number, literal };

    struct Member;

    Kind kind = Kind::literal;
    /// Whether it is a number without fraction and exponent that fits 64 bits with a sign.
    bool isInteger = false;
    int64_t integer = 0;
    std::vector<Member> members;
    std::vector<JSONNode> elements;
    /// Where it stands in the text.
    size_t offset = 0, length = 0;

    /// The first member with the name, unescaped; null when there is none or this is no object.
    const JSONNode *member(const std::string &name) const;
};

struct JSONNode::Member {
    /// As it stands between its quotes.
    std::string raw;
    /// Unescaped.
    std::string name;
    JSONNode value;
};

/// Reads one text to its end.
class JSONReader {
public:
    JSONReader(const uint8_t *bytes, size_t length) : bytes(bytes), length(length) {}

    /// Whether the text is JSON whose numbers fit: integers 64 bits with or without a sign, the others a double.
    bool read(JSONNode &root);

    /// The depth of the innermost container that holds something, and of the innermost one; 1 is the root.
    size_t depth = 0, depthOfEmpty = 0;
    /// Nested too deeply for this reader: nothing is known about the rest.
    bool hasGivenUp = false;
    /// A string escapes half a surrogate pair: the grammar has it, Unicode does not.
    bool hasLoneSurrogate = false;

private:
    const uint8_t *bytes;
    size_t length;
    size_t position = 0;

    bool isAt(uint8_t byte) const { return position < length && bytes[position] == byte; }
    bool take(uint8_t byte);
    bool takeWord(const char *word);
    void skipSpace();
    bool value(JSONNode &node, size_t level);
    bool object(JSONNode &node, size_t level);
    bool array(JSONNode &node, size_t level);
    bool string(std::string &raw, std::string &text);
    bool escape(std::string &text);
    bool hex(uint32_t &unit);
    bool character(std::string &text);
    bool number(JSONNode &node);
};
