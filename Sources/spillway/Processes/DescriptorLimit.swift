import Glibc

/// How many files and sockets this process may have open.
enum DescriptorLimit {
    /// Raises the limit to the most that the system allows without asking: a stream needs two, and
    /// the usual 1,024 would end a gateway at 500 streams.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
            limit.rlim_cur < limit.rlim_max
        else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
