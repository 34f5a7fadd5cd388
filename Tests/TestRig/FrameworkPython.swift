import Foundation

/// The Python that has the bot frameworks of `make deps`.
package enum FrameworkPython {
    /// Its path.
    package static var path: String { "\(CacheFolder.path)/bots/bin/python3" }
}
