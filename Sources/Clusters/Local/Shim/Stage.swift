import Foundation
import Glibc
import Vocabulary

/// Where the shim puts together what the sandbox will see.
///
/// As root it is a small file system in memory that only the shim and its sandbox can see, because
/// the shim was started in a mount namespace of its own: the lease's user cannot pass through our
/// data directory, and whatever is mounted here goes when the last process of the lease goes, even
/// by force.
struct Stage {
    /// Directories that every Debian has and nobody needs while work is put together.
    private static let places = ["/mnt", "/media", "/srv"]

    let path: String
    private let specification: LeaseSpecification
    private let directory: LeaseDirectory

    init(_ specification: LeaseSpecification, _ directory: LeaseDirectory) throws(Failure) {
        self.specification = specification
        self.directory = directory
        guard specification.user != nil else {
            path = directory.stage
            return
        }
        path = try Self.place(
            apartFrom: [directory.path] + specification.volumes.map(\.source))
    }

    /// A directory to mount on that hides none of `paths`.
    static func place(apartFrom paths: [String]) throws(Failure) -> String {
        let place = places.first { place in
            access(place, F_OK) == 0 && !paths.contains { $0.hasPrefix(place + "/") }
        }
        guard let place else {
            throw Failure(
                .unavailable,
                "none of \(places.joined(separator: ", ")) is free to put a sandbox together.")
        }
        return place
    }

    func prepare() throws(Failure) {
        if specification.user != nil {
            try Spawn.run([
                "mount", "-t", "tmpfs", "-o", "mode=0755,size=4m,nosuid,nodev", "spillway", path,
            ])
        }
        for name in ["", "/workspace", "/told", "/etc", "/volumes"] { try make(path + name) }
        try Sandbox.layOutSettings { (name, kind) throws(Failure) in
            switch kind {
            case .directory: try make("\(path)/etc/\(name)")
            case .file(let text):
                try Beneath.write(Array(text.utf8), to: name, in: path + "/etc", owner: nil)
            }
        }
        try prepareWork()
        for (number, volume) in specification.volumes.enumerated() {
            try prepare(volume, at: "\(path)/volumes/\(number)")
        }
        for (number, name) in specification.files.enumerated() {
            guard let bytes = FileManager.default.contents(atPath: directory.file(number)) else {
                throw Failure(.internalError, "\(directory.file(number)) cannot be read.")
            }
            try Beneath.write(
                Array(bytes), to: name, in: path + "/workspace", owner: specification.user)
        }
    }

    /// What the work finds in `/workspace/.spillway/NAME`: it can read it, and neither change nor
    /// remove it.
    func tell(_ name: String, _ bytes: [UInt8]) throws(Failure) {
        let temporary = ".\(name).new"
        try Beneath.write(bytes, to: temporary, in: path + "/told", owner: nil)
        chmod("\(path)/told/\(temporary)", 0o644)
        guard rename("\(path)/told/\(temporary)", "\(path)/told/\(name)") == 0 else {
            throw Descriptors.failure(name)
        }
    }

    private func prepareWork() throws(Failure) {
        guard let user = specification.user, specification.hasImage else {
            try make(directory.work)
            try show(directory.work, at: path + "/workspace")
            return
        }
        try DiskImage(path: directory.image).make(
            mebibytes: specification.diskMiB, owner: user, isLasting: false)
        try DiskImage(path: directory.image).mount(at: path + "/workspace")
        rmdir(path + "/workspace/lost+found")
    }

    private func prepare(
        _ volume: LeaseSpecification.Volume, at place: String
    ) throws(Failure) {
        guard specification.hasImage else {
            try show(volume.source, at: place)
            return
        }
        try make(place)
        try DiskImage(path: volume.source).mount(at: place)
        rmdir(place + "/lost+found")
        try hand(place)
    }

    /// Has a directory of ours appear in the stage.
    private func show(_ directory: String, at place: String) throws(Failure) {
        guard specification.user != nil else {
            rmdir(place)
            // bubblewrap binds what is behind the link.
            guard symlink(directory, place) == 0 || errno == EEXIST else {
                throw Descriptors.failure(place)
            }
            return
        }
        try make(place)
        try Spawn.run(["mount", "--bind", "-o", "nodev,nosuid", directory, place])
        try hand(place)
    }

    /// Makes everything in `place` the lease's own.
    private func hand(_ place: String) throws(Failure) {
        var status = stat()
        guard let user = specification.user, stat(place, &status) == 0, status.st_uid != user else {
            return
        }
        try Spawn.run(["chown", "-R", "-h", "-P", "\(user):\(user)", place])
    }

    private func make(_ directory: String) throws(Failure) {
        if mkdir(directory, 0o755) != 0, errno != EEXIST { throw Descriptors.failure(directory) }
        chmod(directory, 0o755)
    }
}
