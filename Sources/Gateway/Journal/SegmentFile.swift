import Glibc
import Metering
import Vocabulary

/// One segment of the journal on disk: made full size and filled with zeros before its first
/// record, so that a sync later has data to write and no metadata.
struct SegmentFile {
    let descriptor: Int32
    /// Absolute offset of the segment's first byte.
    let start: Int64

    var end: Int64 { start + JournalLayout.segmentBytes }

    /// Opens the segment that begins at `start`, or makes it.
    static func open(start: Int64, in directory: String) throws(Failure) -> SegmentFile {
        let path = directory + "/" + JournalLayout.fileName(segmentStart: start)
        let existing = Glibc.open(path, O_RDWR | O_CLOEXEC)
        if existing >= 0 {
            if lseek(existing, 0, SEEK_END) == off_t(JournalLayout.segmentBytes) {
                return SegmentFile(descriptor: existing, start: start)
            }
            close(existing)
        }
        try prepare(at: path + ".new")
        return try adopt(path + ".new", start: start, in: directory)
    }

    /// Makes a file of zeros at `path`, synced.
    static func prepare(at path: String) throws(Failure) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("make", path) }
        defer { close(descriptor) }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<(JournalLayout.segmentBytes >> 20) {
            guard Glibc.write(descriptor, zeros, zeros.count) == zeros.count else {
                throw failure("fill", path)
            }
        }
        guard fsync(descriptor) == 0 else { throw failure("sync", path) }
    }

    /// Gives a prepared file its name as the segment at `start`. The name is durable after the
    /// directory's next sync.
    static func adopt(
        _ prepared: String, start: Int64, in directory: String
    ) throws(Failure) -> SegmentFile {
        let path = directory + "/" + JournalLayout.fileName(segmentStart: start)
        guard rename(prepared, path) == 0 else { throw failure("rename", path) }
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        return SegmentFile(descriptor: descriptor, start: start)
    }

    func write(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(Failure) {
        let isWhole = bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let result = pwrite(
                    descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written,
                    off_t(offset - start) + off_t(written))
                if result < 0, errno == EINTR { continue }
                guard result > 0 else { return false }
                written += result
            }
            return true
        }
        guard isWhole else { throw Self.failure("write", "segment \(start)") }
    }

    /// Fills the segment with zeros from `offset` on: what a crash left behind a torn record.
    func clear(from offset: Int64) throws(Failure) {
        let zeros = [UInt8](repeating: 0, count: 1 << 16)
        var position = offset
        while position < end {
            let count = Int(min(Int64(zeros.count), end - position))
            try write(zeros[..<count], at: position)
            position += Int64(count)
        }
        guard fsync(descriptor) == 0 else { throw Self.failure("sync", "segment \(start)") }
    }

    /// Takes the segments behind the one that begins at `start` out of the journal: their names get
    /// `.cut`, for a person to look at. Durable after the directory's next sync.
    static func setAsideLater(than start: Int64, in directory: String) throws(Failure) {
        guard let folder = opendir(directory) else { throw failure("list", directory) }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let other = JournalLayout.segmentStart(ofFile: name), other > start else {
                continue
            }
            let path = directory + "/" + name
            guard rename(path, path + ".cut") == 0 else { throw failure("rename", path) }
        }
    }

    static func syncDirectory(_ directory: String) throws(Failure) {
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", directory) }
    }

    static func failure(_ verb: String, _ path: String) -> Failure {
        Failure(
            .internalError,
            "Could not \(verb) the journal at \(path): \(String(cString: strerror(errno))). "
                + "Check that the disk is there, writable and not full.")
    }
}
