import JSON
import Testing
import YAML

@Suite struct YAMLRenderingTests {
    @Test func writesBlockStyle() {
        let value: JSONValue = [
            "kind": "Secret", "apiVersion": "v1", "metadata": ["name": "a"], "status": [:],
            "data": ["n": "1", "t": "yes"],
            "list": [["b": 1, "a": [true, nil]], "x", [[1]]], "text": "one\n\n  two\n", "cut": "one\ntwo",
        ]
        #expect(
            YAML.render(value) == """
                apiVersion: v1
                kind: Secret
                metadata:
                  name: a
                cut: |-
                  one
                  two
                data:
                  "n": "1"
                  t: "yes"
                list:
                - a:
                  - true
                  - null
                  b: 1
                - x
                -
                  -
                    - 1
                text: |
                  one

                    two
                status: {}

                """)
    }

    @Test(arguments: [
        "", " ", "a", "a b", "a: b", "a:", "a #b", "#a", "- a", "-", "?", "null", "~", "0x10", "1e5", "007", "y", "<<",
        "2001-01-01", "http://x:80/", "*a", "&a", "!a", "%a", "@a", "`a", "{a}", "[a]", "a,b", "'a'", "\"a\"", "a\\b",
        "a\n", "\na", " a\nb", "a\n\n", "a\nb\n", "a\r\nb", "a\tb", "\ta\nb", "é", "日本\n語", "\u{7f}", "\u{85}",
        "\u{2028}x",
        "\u{feff}", "\u{0}", "\u{1b}[0m", "🙂", "---", "...", "--- a", "...\nx", "---\nx", "a\n---\nb", "|", ">", "=",
        "a ",
        "a\n \nb", "x: |\n  y", "# a\nb",
    ])
    func readsBackWhatItWrote(text: String) throws {
        let value: JSONValue = ["k": .string(text), "l": [.string(text), .object([text: 1])]]
        #expect(try YAML.parse(YAML.render(value)) == value)
        #expect(try YAML.parse(YAML.render(.string(text))) == .string(text))
    }

    @Test(arguments: [nil, true, 7, -3, .double(0.25), .double(1e300), [], [:], [[]], [[:]], ["": nil]] as [JSONValue])
    func readsBackOtherValues(value: JSONValue) throws {
        #expect(try YAML.parse(YAML.render(value)) == value)
    }
}
