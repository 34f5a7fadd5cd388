#include "JSONReader.hpp"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace {

constexpr size_t deepest = 600;

bool isDigit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

void append(std::string &text, uint32_t point) {
    if (point < 0x80) {
        text += static_cast<char>(point);
    } else if (point < 0x800) {
        text += static_cast<char>(0xC0 | point >> 6);
        text += static_cast<char>(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        text += static_cast<char>(0xE0 | point >> 12);
        text += static_cast<char>(0x80 | (point >> 6 & 0x3F));
        text += static_cast<char>(0x80 | (point & 0x3F));
    } else {
        text += static_cast<char>(0xF0 | point >> 18);
        text += static_cast<char>(0x80 | (point >> 12 & 0x3F));
        text += static_cast<char>(0x80 | (point >> 6 & 0x3F));
        text += static_cast<char>(0x80 | (point & 0x3F));
    }
}

}  // namespace

const JSONNode *JSONNode::member(const std::string &name) const {
    for (const auto &member : members) {
        if (member.name == name) return &member.value;
    }
    return nullptr;
}

bool JSONReader::read(JSONNode &root) {
    skipSpace();
    if (!value(root, 1)) return false;
    skipSpace();
    return position == length;
}

bool JSONReader::take(uint8_t byte) {
    if (!isAt(byte)) return false;
    position++;
    return true;
}

bool JSONReader::takeWord(const char *word) {
    size_t count = std::strlen(word);
    if (length - position < count || std::memcmp(bytes + position, word, count) != 0) return false;
    position += count;
    return true;
}

void JSONReader::skipSpace() {
    while (isAt(' ') || isAt('\t') || isAt('\n') || isAt('\r')) position++;
}

bool JSONReader::value(JSONNode &node, size_t level) {
    node.offset = position;
    bool isGood;
    if (isAt('{')) {
        isGood = object(node, level);
    } else if (isAt('[')) {
        isGood = array(node, level);
    } else if (isAt('"')) {
        node.kind = JSONNode::Kind::string;
        std::string raw, text;
        isGood = string(raw, text);
    } else if (position < length && (isAt('-') || isDigit(bytes[position]))) {
        isGood = number(node);
    } else {
        node.kind = JSONNode::Kind::literal;
        isGood = takeWord("true") || takeWord("false") || takeWord("null");
    }
    node.length = position - node.offset;
    return isGood;
}

bool JSONReader::object(JSONNode &node, size_t level) {
    node.kind = JSONNode::Kind::object;
    position++;
    if (level > depthOfEmpty) depthOfEmpty = level;
    skipSpace();
    if (take('}')) return true;
    if (level > depth) depth = level;
    if (level > deepest) {
        hasGivenUp = true;
        return false;
    }
    do {
        skipSpace();
        JSONNode::Member member;
        if (!isAt('"') || !string(member.raw, member.name)) return false;
        skipSpace();
        if (!take(':')) return false;
        skipSpace();
        if (!value(member.value, level + 1)) return false;
        node.members.push_back(std::move(member));
        skipSpace();
    } while (take(','));
    return take('}');
}

bool JSONReader::array(JSONNode &node, size_t level) {
    node.kind = JSONNode::Kind::array;
    position++;
    if (level > depthOfEmpty) depthOfEmpty = level;
    skipSpace();
    if (take(']')) return true;
    if (level > depth) depth = level;
    if (level > deepest) {
        hasGivenUp = true;
        return false;
    }
    do {
        skipSpace();
        JSONNode element;
        if (!value(element, level + 1)) return false;
        node.elements.push_back(std::move(element));
        skipSpace();
    } while (take(','));
    return take(']');
}

bool JSONReader::string(std::string &raw, std::string &text) {
    position++;
    size_t start = position;
    while (position < length) {
        if (isAt('"')) {
            raw.assign(reinterpret_cast<const char *>(bytes) + start, position - start);
            position++;
            return true;
        }
        if (isAt('\\')) {
            position++;
            if (!escape(text)) return false;
        } else if (!character(text)) {
            return false;
        }
    }
    return false;
}

bool JSONReader::escape(std::string &text) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (position >= length) return false;
    uint8_t letter = bytes[position++];
    if (letter != 'u') {
        const char *found = letter ? std::strchr(letters, letter) : nullptr;
        if (!found) return false;
        text += meanings[found - letters];
        return true;
    }
    uint32_t unit, low;
    if (!hex(unit)) return false;
    if (unit >= 0xD800 && unit < 0xDC00) {
        size_t before = position;
        if (take('\\') && take('u') && hex(low) && low >= 0xDC00 && low < 0xE000) {
            append(text, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            return true;
        }
        position = before;
    }
    if (unit >= 0xD800 && unit < 0xE000) hasLoneSurrogate = true;
    append(text, unit);
    return true;
}

bool JSONReader::hex(uint32_t &unit) {
    unit = 0;
    for (int i = 0; i < 4; i++, position++) {
        if (position >= length) return false;
        uint8_t digit = bytes[position];
        if (isDigit(digit)) {
            unit = unit << 4 | (digit - '0');
        } else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f') {
            unit = unit << 4 | ((digit | 0x20) - 'a' + 10);
        } else {
            return false;
        }
    }
    return true;
}

/// One character as it is: no control characters, UTF-8 in its shortest form, no surrogates, nothing above U+10FFFF.
bool JSONReader::character(std::string &text) {
    uint8_t first = bytes[position];
    if (first < 0x20) return false;
    int more = first < 0x80 ? 0 : first < 0xC0 ? -1 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : first < 0xF8 ? 3 : -1;
    if (more < 0 || length - position <= static_cast<size_t>(more)) return false;
    uint32_t point = more == 0 ? first : first & (0x3F >> more);
    for (int i = 1; i <= more; i++) {
        uint8_t next = bytes[position + static_cast<size_t>(i)];
        if ((next & 0xC0) != 0x80) return false;
        point = point << 6 | (next & 0x3F);
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    position += static_cast<size_t>(more) + 1;
    append(text, point);
    return true;
}

bool JSONReader::number(JSONNode &node) {
    node.kind = JSONNode::Kind::number;
    size_t start = position;
    bool isNegative = take('-'), isWhole = true;
    if (!take('0')) {
        if (position >= length || !isDigit(bytes[position])) return false;
        while (position < length && isDigit(bytes[position])) position++;
    }
    if (take('.')) {
        isWhole = false;
        size_t digits = position;
        while (position < length && isDigit(bytes[position])) position++;
        if (position == digits) return false;
    }
    if (isAt('e') || isAt('E')) {
        isWhole = false;
        position++;
        if (!take('+')) take('-');
        size_t digits = position;
        while (position < length && isDigit(bytes[position])) position++;
        if (position == digits) return false;
    }
    std::string text(reinterpret_cast<const char *>(bytes) + start, position - start);
    if (!isWhole) return std::isfinite(std::strtod(text.c_str(), nullptr));
    errno = 0;
    node.integer = std::strtoll(text.c_str(), nullptr, 10);
    node.isInteger = errno == 0;
    if (node.isInteger || isNegative) return node.isInteger;
    errno = 0;
    std::strtoull(text.c_str(), nullptr, 10);
    return errno == 0;
}
