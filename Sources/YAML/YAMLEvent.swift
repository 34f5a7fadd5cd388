/// What libyaml's parser reports, with its place.
struct YAMLEvent {
    enum Kind {
        case documentStart
        case documentEnd
        case streamEnd
        case alias(String)
        /// `isPlain`: written without quotes, so that its type follows from its spelling.
        case scalar(String, isPlain: Bool, tag: String?, anchor: String?)
        case sequenceStart(anchor: String?)
        case sequenceEnd
        case mappingStart(anchor: String?)
        case mappingEnd
    }

    let kind: Kind
    /// Counted from 1.
    let line: Int
    /// Counted from 1.
    let column: Int
}
