/// What is wrong with a command line or the environment, and how to find out more.
struct UsageError: Error, CustomStringConvertible, Equatable {
    let message: String
    var description: String { message }

    init(_ message: String) { self.message = message }
}
