package import FoundationEssentials

/// Times as the Kubernetes API writes them (RFC 3339, UTC).
package enum Timestamp {
    /// `metav1.MicroTime`: "2026-11-21T10:20:40.000123Z", always six digits, which the server insists on.
    package static func micro(_ date: Date) -> String {
        let micros = Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
        let (seconds, rest) = micros.quotientAndRemainderFlooring(1_000_000)
        return "\(text(seconds)).\(padded(rest, 6))Z"
    }

    /// `metav1.Time`: "2026-11-21T10:20:40Z".
    package static func seconds(_ date: Date) -> String {
        text(Int64(date.timeIntervalSince1970.rounded(.down))) + "Z"
    }

    /// The civil date of a count of seconds since 1970, by the Gregorian calendar's 400-year cycle of 146,097 days.
    private static func text(_ seconds: Int64) -> String {
        let (days, time) = seconds.quotientAndRemainderFlooring(86_400)
        // Counted from the first of March of year 0, so that leap days come last in their year.
        let (cycle, dayOfCycle) = (days + 719_468).quotientAndRemainderFlooring(146_097)
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        return "\(date)T\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int64 {
    /// Division that rounds down, so that the remainder is never negative.
    fileprivate func quotientAndRemainderFlooring(_ divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
