import Testing

@testable import tgs

@Suite struct OptionValuesTests {
    private static let options = [
        CommandOption("log-level", "LEVEL", default: "info", "How much is logged."),
        CommandOption("webhook-port", "PORT", default: "8080", "Where webhooks come in."),
        CommandOption("call-timeout", "DURATION", default: "60s", "Of a call."),
        CommandOption("time-scale", "FACTOR", default: "1", "Of time."),
        CommandOption("leader-election", nil, "One of several works."),
        CommandOption("name", "NAME", "Whose."),
        CommandOption("file", "FILE", letter: "f", isRepeatable: true, "Which."),
    ]

    private func values(
        _ arguments: [String] = [], _ environment: [String: String] = [:]
    ) throws(UsageError)
        -> OptionValues
    {
        try OptionValues(command: "tgs x", options: Self.options, arguments: arguments, environment: environment)
    }

    /// The message of the error that `body` throws.
    private func complaint(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch let error as UsageError {
            return error.message
        } catch {
            return "not a UsageError: \(error)"
        }
    }

    @Test func someOptionsHaveALetterAndSeveralValues() throws {
        #expect(try values(["-f", "a", "--file", "b,c", "--file=-"]).strings("file") == ["a", "b,c", "-"])
        #expect(try values([], ["TGS_FILE": "a,b"]).strings("file") == ["a", "b"])
        #expect(complaint { _ = try values().strings("file") }.contains("needs --file FILE"))
        #expect(complaint { _ = try values(["-f"]) }.contains("--file needs a value"))
        #expect(complaint { _ = try values(["-g", "a"]) }.contains("takes no argument \"-g\""))
        let help = HelpText.command("tgs x", summary: "", options: Self.options)
        #expect(help.contains("  -f, --file FILE  (TGS_FILE)\n"))
    }

    @Test func flagBeatsEnvironmentBeatsDefault() throws {
        #expect(try values().string("log-level") == "info")
        #expect(try values([], ["TGS_LOG_LEVEL": "error"]).string("log-level") == "error")
        #expect(try values(["--log-level", "debug"], ["TGS_LOG_LEVEL": "error"]).string("log-level") == "debug")
        #expect(try values(["--log-level=debug"]).string("log-level") == "debug")
        #expect(try values(["--name=a=b"]).string("name") == "a=b")
        #expect(try values(["--name", "--odd"]).string("name") == "--odd")
        #expect(try values([], ["TGS_LOG_LEVEL": ""]).string("log-level") == "info")
        #expect(try values(["--log-level", "debug", "--log-level", "error"]).string("log-level") == "error")
    }

    @Test func aDurationOutsideOfItsRangeIsRefused() throws {
        #expect(try values(["--call-timeout", "6s"]).duration("call-timeout", in: 6...300) == .seconds(6))
        #expect(try values(["--call-timeout", "5m"]).duration("call-timeout", in: 6...300) == .seconds(300))
        for text in ["5999ms", "301s"] {
            let complaint = complaint {
                _ = try values(["--call-timeout", text]).duration("call-timeout", in: 6...300)
            }
            #expect(complaint == "--call-timeout is \"\(text)\": from 6s to 300s is wanted")
        }
    }

    @Test func switchesAreTrueWithoutAValue() throws {
        #expect(try !values().flag("leader-election"))
        #expect(try values(["--leader-election"]).flag("leader-election"))
        #expect(try values(["--leader-election", "--name", "n"]).string("name") == "n")
        #expect(try !values(["--leader-election=false"], ["TGS_LEADER_ELECTION": "true"]).flag("leader-election"))
        for text in ["true", "YES", "1", "on"] {
            #expect(try values([], ["TGS_LEADER_ELECTION": text]).flag("leader-election"))
        }
        let text = complaint { _ = try values([], ["TGS_LEADER_ELECTION": "maybe"]).flag("leader-election") }
        #expect(text.contains("TGS_LEADER_ELECTION") && text.contains("maybe"))
    }

    @Test func unknownFlagsAreNamedWithTheNearestKnown() {
        let near = complaint { _ = try values(["--log-levle", "debug"]) }
        #expect(near.contains("--log-levle") && near.contains("did you mean --log-level?"))
        let far = complaint { _ = try values(["--something-else"]) }
        #expect(far.contains("--something-else") && !far.contains("did you mean"))
        #expect(!far.contains("--something-else See"), "two sentences need a full stop between them: \(far)")
    }

    @Test func wordsThatAreNoFlagsAreNamed() {
        #expect(complaint { _ = try values(["run"]) }.contains("\"run\""))
        #expect(complaint { _ = try values(["-x"]) }.contains("\"-x\""))
    }

    @Test func aMissingValueIsNamed() {
        #expect(complaint { _ = try values(["--name"]) }.contains("--name NAME"))
        let absent = complaint { _ = try values().string("name") }
        #expect(absent.contains("--name NAME") && absent.contains("TGS_NAME"))
        #expect(complaint { _ = try values(["--name="]).string("name") }.contains("--name NAME"))
    }

    @Test func anEmptyFlagOfAnOptionalValueCountsAsNone() throws {
        #expect(try values(["--name="]).optional("name") == nil)
        #expect(try values([], ["TGS_NAME": ""]).optional("name") == nil)
        #expect(try values(["--name=n"]).optional("name") == "n")
    }

    @Test(arguments: ["-1", "65536", "http", "80.5", "", " 80"]) func portsHaveARange(text: String) {
        let complaint = complaint { _ = try values(["--webhook-port=\(text)"]).port("webhook-port") }
        #expect(complaint.contains("--webhook-port"))
        if !text.isEmpty {
            #expect(complaint.contains("\"\(text)\"") && complaint.contains("0 to 65535"))
        }
    }

    @Test func portsAtTheEdgesAreTaken() throws {
        #expect(try values(["--webhook-port=0"]).port("webhook-port") == 0)
        #expect(try values(["--webhook-port=65535"]).port("webhook-port") == 65535)
    }

    @Test(arguments: ["0s", "10", "fast", "-1s", "1 s"]) func durationsAreChecked(text: String) {
        let complaint = complaint { _ = try values([], ["TGS_CALL_TIMEOUT": text]).duration("call-timeout") }
        #expect(complaint.contains("TGS_CALL_TIMEOUT") && complaint.contains("\"\(text)\""))
    }

    @Test func goodNumbersAndDurationsAreRead() throws {
        #expect(try values(["--call-timeout=1m30s"]).duration("call-timeout") == .seconds(90))
        #expect(try values(["--time-scale=0.01"]).number("time-scale", above: 0) == 0.01)
        #expect(try values(["--webhook-port=7"]).integer("webhook-port", in: 1...10) == 7)
    }

    @Test(arguments: ["0", "-1", "nan", "inf", "much"]) func factorsAreChecked(text: String) {
        let complaint = complaint { _ = try values(["--time-scale=\(text)"]).number("time-scale", above: 0) }
        #expect(complaint.contains("--time-scale") && complaint.contains("\"\(text)\""))
    }

    @Test func aBadValueNamesTheVariableThatItCameFrom() {
        let text = complaint { _ = try values([], ["TGS_WEBHOOK_PORT": "x"]).port("webhook-port") }
        #expect(text.contains("TGS_WEBHOOK_PORT is \"x\""))
        let choice = complaint { _ = try values([], ["TGS_LOG_LEVEL": "loud"]).choice("log-level", Level.self) }
        #expect(choice.contains("TGS_LOG_LEVEL") && choice.contains("low, high"))
    }

    private enum Level: String, CaseIterable { case low, high }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "ab", 2), ("log", "log", 0), ("levle", "level", 2), ("ab", "b", 1),
    ])
    func distances(a: String, b: String, distance: Int) { #expect(EditDistance.between(a, b) == distance) }
}
