package import PlatformAPI

/// A binding in one piece: passing it on costs nothing, where a copy of a ``Binding`` counts a use of each of its texts.
package final class CarriedBot: Sendable {
    package let binding: Binding

    package init(_ binding: Binding) { self.binding = binding }
}
