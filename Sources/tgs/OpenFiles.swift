import Glibc

/// How many files and connections this process may have open.
enum OpenFiles {
    /// Raises the limit to the most that the system allows this process. Systems start programs with 1,024 for the sake of
    /// those that use `select`, which nothing here does; a gateway has more connections than that.
    static func allowAll() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max
        else { return }
        limit.rlim_cur = limit.rlim_max
        // Not being allowed to leaves what was.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
