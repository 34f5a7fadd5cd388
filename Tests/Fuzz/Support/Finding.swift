import FoundationEssentials
import JSON

/// Ends the run with what is wrong; libFuzzer then keeps the input.
func require(_ condition: Bool, _ what: @autoclosure () -> String, line: Int = #line) {
    guard !condition else { return }
    fatalError("FINDING: \(what()) (line \(line))")
}

/// The value that Foundation reads of a text; `nil` when it reads none.
func decoded<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
    try? JSONDecoder().decode(type, from: Data(bytes))
}

/// Whether both are the same but for the rounding of numbers that 64 bits do not hold.
func same(_ a: JSONValue?, _ b: JSONValue?) -> Bool {
    switch (a, b) {
    case (.object(let a)?, .object(let b)?):
        a.count == b.count && a.allSatisfy { same($0.value, b[$0.key]) }
    case (.array(let a)?, .array(let b)?):
        a.count == b.count && zip(a, b).allSatisfy { same($0, $1) }
    case (.double(let a)?, .int(let b)?), (.int(let b)?, .double(let a)?): a == Double(b)
    default: a == b
    }
}
