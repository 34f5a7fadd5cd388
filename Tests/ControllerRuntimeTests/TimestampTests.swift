import ControllerRuntime
import Foundation
import Testing

@Suite struct TimestampTests {
    @Test func microTimesHaveSixDigits() {
        #expect(Timestamp.micro(Date(timeIntervalSince1970: 0)) == "1970-01-01T00:00:00.000000Z")
        #expect(Timestamp.micro(Date(timeIntervalSince1970: 1_709_210_096.5)) == "2024-02-29T12:34:56.500000Z")
        #expect(Timestamp.micro(Date(timeIntervalSince1970: -0.25)) == "1969-12-31T23:59:59.750000Z")
    }

    @Test func secondsAgreeWithFoundation() {
        for second in stride(from: -5_000_000_000.0, to: 10_000_000_000.0, by: 123_456_789.0) {
            let date = Date(timeIntervalSince1970: second)
            #expect(Timestamp.seconds(date) == date.formatted(.iso8601))
        }
    }
}
