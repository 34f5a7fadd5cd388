import Foundation
import JSON
import Testing

@Suite struct JSONTextTests {
    private func text(_ value: String) -> String {
        var line = ""
        JSONText.append(value, to: &line)
        return line
    }

    @Test func controlCharactersQuotesAndBackslashesAreEscaped() {
        #expect(text("a\"b\\c") == #""a\"b\\c""#)
        #expect(text("\n\r\t") == #""\n\r\t""#)
        #expect(text("\u{0}\u{8}\u{1F}") == #""\u0000\u0008\u001f""#)
        #expect(text("") == #""""#)
    }

    @Test func otherTextStaysAsItIs() {
        #expect(text("é 👩‍👩‍👧 \u{7F} \u{2028} /") == "\"é 👩‍👩‍👧 \u{7F} \u{2028} /\"")
    }

    @Test func anyTextComesBackThroughAParser() throws {
        let scalars = (0..<0x300).compactMap(Unicode.Scalar.init) + ["\u{FFFF}", "\u{1F600}", "\u{FEFF}"]
        var all = String.UnicodeScalarView()
        all.append(contentsOf: scalars)
        let value = String(all)
        let back = try JSONDecoder().decode([String].self, from: Data("[\(text(value))]".utf8))
        #expect(back.first?.unicodeScalars.elementsEqual(value.unicodeScalars) == true)
    }

    @Test func itAppends() {
        var line = "{"
        JSONText.append("a", to: &line)
        #expect(line == #"{"a""#)
    }
}
