/// A Lua script that the server runs as one step: nobody else's command comes in between.
///
/// Make it once and keep it. What it is given stands in `KEYS[1]…` and `ARGV[1]…`.
package struct RedisScript: Sendable, Hashable {
    package let source: String

    package init(_ source: String) { self.source = source }
}
