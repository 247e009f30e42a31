import Glibc

/// What the files in a directory take of the disk.
enum DirectoryUsage {
    /// A tree may be made faster than it is counted: what is beyond counts as too much.
    private static let mostEntries = 200_000

    static func bytes(in directory: String) -> Int64 {
        var entries = 0
        return bytes(open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), &entries)
    }

    private static func bytes(_ directory: Int32, _ entries: inout Int) -> Int64 {
        guard directory >= 0 else { return 0 }
        guard let stream = fdopendir(directory) else {
            close(directory)
            return 0
        }
        defer { closedir(stream) }
        var total: Int64 = 0
        while let entry = readdir(stream) {
            entries += 1
            guard entries <= mostEntries else { return .max >> 2 }
            var status = stat()
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != "..",
                fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
            else { continue }
            total += Int64(status.st_blocks) * 512
            if status.st_mode & S_IFMT == S_IFDIR {
                let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
                total += bytes(openat(directory, name, flags), &entries)
            }
        }
        return total
    }
}
