import Concurrency

/// What happened, in order, noted from any thread.
final class Recorder<Element: Sendable>: Sendable {
    private let elements = Locked<[Element]>([])

    func note(_ element: Element) { elements.withLock { $0.append(element) } }
    var all: [Element] { elements.withLock { $0 } }
    func clear() { elements.withLock { $0.removeAll() } }
}
