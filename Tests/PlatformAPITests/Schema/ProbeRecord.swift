/// What one object, list or map was asked for.
final class ProbeRecord {
    let type: String
    private var members: [String: Shape.Member] = [:]
    private var element: Shape?
    /// Keys of which the type asked whether they are there: those are optional.
    private var doubted: Set<String> = []
    /// Whether the type asked which keys there are: then it takes any.
    var isMap = false

    init(type: String) { self.type = type }

    func doubt(_ key: String) { doubted.insert(key) }

    func add(_ shape: Shape, under key: String) {
        if isMap {
            element = shape
        } else {
            members[key] = Shape.Member(shape: shape, isRequired: !doubted.contains(key))
        }
    }

    func add(element shape: Shape) { element = shape }

    func unknown(_ what: String) -> Shape.Unknown {
        Shape.Unknown(description: "\(type) \(what): give its enum CaseIterable, or teach SchemaProbe the type")
    }

    var shape: Shape {
        get throws {
            switch (element, isMap) {
            case (let element?, true): .map(element)
            case (let element?, false): .list(element)
            case (nil, true): throw unknown("is a map of nothing")
            case (nil, false): .object(members)
            }
        }
    }
}
