import Foundation

/// The folder outside the clone that `make deps` and `make control-plane` fill.
enum CacheFolder {
    /// `$TGS_CACHE_DIR`, else `~/.cache/telegram-serverless`.
    static var path: String {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["TGS_CACHE_DIR"], !path.isEmpty { return path }
        return (environment["HOME"] ?? "/root") + "/.cache/telegram-serverless"
    }

    /// The Python that has the packages of `make deps`; the one in `PATH` when there is none.
    static var python: String {
        let own = "\(path)/python/bin/python3"
        return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
    }
}
