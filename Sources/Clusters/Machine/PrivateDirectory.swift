import Glibc
import Vocabulary

/// Directories in which only our own user can make or change anything.
package enum PrivateDirectory {
    /// Makes the directory and those above it where they are missing, closed to other users. One
    /// that is there already must be ours, and is left as it is.
    package static func make(_ path: String) throws {
        var partial = ""
        for component in path.split(separator: "/") {
            partial += "/" + component
            let result = mkdir(partial, S_IRWXU)
            // Where the directory above may not be opened its name is durable a little later.
            if result == 0 { try? DurableFile.syncDirectory(of: partial) }
            if result != 0, errno != EEXIST {
                throw Failure(
                    .forbidden,
                    "\(partial) cannot be made: \(String(cString: strerror(errno))). Choose a "
                        + "directory of your own with --data.", parameter: "--data")
            }
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Failure(
                .invalidRequest, "\(path) is not a directory.", parameter: "--data")
        }
        guard status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw Failure(
                .forbidden,
                "\(path) belongs to another user, or others may write in it. Choose another "
                    + "directory with --data, or take their right away: chmod go-w \(path)",
                parameter: "--data")
        }
    }
}
