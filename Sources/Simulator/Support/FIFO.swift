/// A first-in first-out queue with constant-time ends.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }
    var count: Int { elements.count - head }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) { elements.append(element) }

    @discardableResult mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        defer {
            elements[head] = nil
            head += 1
            if head > 32 && head * 2 > elements.count {
                elements.removeFirst(head)
                head = 0
            }
        }
        return elements[head]
    }

    mutating func pushFirst(_ element: Element) {
        if head == 0 {
            elements.insert(element, at: 0)
        } else {
            head -= 1
            elements[head] = element
        }
    }

    mutating func removeAll() {
        elements = []
        head = 0
    }

    /// Takes out what meets the condition, wherever it stands.
    mutating func removeAll(where isUnwanted: (Element) -> Bool) {
        elements = contents.filter { !isUnwanted($0) }
        head = 0
    }

    /// The elements that meet the condition, first to last, `limit` at most.
    func first(_ limit: Int, where isWanted: (Element) -> Bool) -> [Element] {
        var found: [Element] = []
        for case let element? in elements[head...] where isWanted(element) {
            if found.count >= limit { break }
            found.append(element)
        }
        return found
    }

    /// What is in the queue, first to last.
    var contents: [Element] { elements[head...].compactMap { $0 } }
}

extension FIFO: Sendable where Element: Sendable {}
