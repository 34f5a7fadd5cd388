import JSON
import Testing
import YAML

@Suite struct YAMLParsingTests {
    @Test func readsAManifest() throws {
        let value = try YAML.parse(
            """
            # a comment
            apiVersion: telegram-serverless.io/v1alpha1
            kind: TelegramBot
            metadata: {name: echo, labels: {"app": 'bot'}}
            spec:
              tokenSecretRef:
                name: echo-token
              worker:
                args: [-v, "--x=1"]
                env:
                - name: A
                  value: "1"
                - name: B
                  value: |
                    two
                    lines
              scaling: {minReplicas: 0, maxReplicas: 10}
            """)
        #expect(value["metadata"]?["labels"]?["app"] == "bot")
        #expect(value["spec"]?["worker"]?["args"] == ["-v", "--x=1"])
        #expect(value["spec"]?["worker"]?["env"]?.arrayValue?[0] == ["name": "A", "value": "1"])
        #expect(value["spec"]?["worker"]?["env"]?.arrayValue?[1]["value"] == "two\nlines\n")
        #expect(value["spec"]?["scaling"]?["maxReplicas"] == 10)
    }

    // What kubectl 1.37 makes of the same scalars.
    @Test(
        arguments: [
            ("y", true), ("n", false), ("yes", true), ("on", true), ("off", false), ("True", true),
            ("0777", 511), ("0o777", 511), ("1_000", 1000), ("0x1F", 31), ("0b11", 3), ("+1", 1), ("-7", -7), ("0", 0),
            ("1:30", "1:30"), ("2001-01-01", "2001-01-01"), ("~", nil), ("null", nil), ("", nil),
            (".5", .double(0.5)), ("1.", .double(1)), ("1e3", .double(1000)), ("-1.5E-2", .double(-0.015)),
            ("1.2.3", "1.2.3"), ("v1", "v1"), ("infinity", "infinity"), ("nan", "nan"), ("0x", "0x"), ("-", nil),
            ("500m", "500m"), ("1Gi", "1Gi"), ("10.0.0.1", "10.0.0.1"), ("e5", "e5"), ("08", 8),
            ("9223372036854775808", .double(9223372036854775808)), ("'1'", "1"), ("\"yes\"", "yes"),
            ("!!str 1", "1"), ("!!int 7", 7), ("!!float 7", .double(7)),
        ] as [(String, JSONValue)])
    func resolvesScalars(text: String, expected: JSONValue) throws {
        // A lone dash begins a sequence.
        let wanted: JSONValue = text == "-" ? [nil] : expected
        #expect(try YAML.parse("a:\n  \(text)\n")["a"] == wanted)
    }

    @Test func keysBecomeText() throws {
        #expect(try YAML.parse("{1: a, true: b, 0.5: c, x y: d}") == ["1": "a", "true": "b", "0.5": "c", "x y": "d"])
    }

    @Test func expandsAnchorsAndMergeKeys() throws {
        let value = try YAML.parse(
            """
            base: &base {a: 1, b: 2}
            list: &list [p, q]
            one:
              <<: *base
              b: 3
            two:
              <<: [{a: 9}, *base]
            again: *list
            """)
        #expect(value["one"] == ["a": 1, "b": 3])
        #expect(value["two"] == ["a": 9, "b": 2])
        #expect(value["again"] == ["p", "q"])
    }

    @Test func readsAllDocuments() throws {
        #expect(try YAML.parseAll("---\na: 1\n---\n# nothing\n---\nb: 2\n...\n") == [["a": 1], ["b": 2]])
        #expect(try YAML.parseAll("") == [])
        #expect(try YAML.parse("") == .null)
        #expect(try YAML.parse(#"{"json": [1, {"x": null}]}"#) == ["json": [1, ["x": nil]]])
    }

    @Test(arguments: [
        ("a: [1, 2", YAMLError.Code.syntax, 2),
        ("a: 1\n b: 2\n", .syntax, 2),
        ("a: 1\nb: \"x\n", .syntax, 3),
        ("a: 1\nb: 2\na: 3\n", .duplicateKey, 3),
        ("a:\n  b: *nowhere\n", .syntax, 2),
        ("a: &a [*a]\n", .syntax, 1),
        ("a: .nan\n", .unsupported, 1),
        ("a: !mine 1\n", .unsupported, 1),
        ("x: 1\n? [1]\n: 2\n", .unsupported, 2),
        ("a: !!int x\n", .mismatch, 1),
        ("a:\n\tb: 1\n", .syntax, 2),
        ("<<: 7\n", .unsupported, 1),
    ])
    func namesTheLineOfAnError(text: String, code: YAMLError.Code, line: Int) throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error.code == code)
        #expect(error.line == line, "\(error)")
        #expect(error.column > 0)
    }

    @Test func boundsAliasesAndNesting() throws {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            bomb += "a\(level): &a\(level) [\((0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ", "))]\n"
        }
        #expect(try #require(throws: YAMLError.self) { try YAML.parse(bomb) }.code == .tooLarge)
        let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(try #require(throws: YAMLError.self) { try YAML.parse(deep) }.code == .tooLarge)
    }

    @Test func tellsLinesByPath() throws {
        let located = try YAML.parseLocated("users:\n- name: a\n  user:\n    token: x\n- name: b\n")
        #expect(located.lines["users[0].user.token"] == 4)
        #expect(located.lines["users[1].name"] == 5)
    }

    @Test func decodesTypes() throws {
        struct Thing: Decodable, Equatable { let a: Int; let b: [String]? }
        #expect(try YAML.decode(Thing.self, from: "a: 1\nb: [x]\n") == Thing(a: 1, b: ["x"]))
        #expect(try #require(throws: YAMLError.self) { try YAML.decode(Thing.self, from: "a: x\n") }.code == .mismatch)
    }
}
