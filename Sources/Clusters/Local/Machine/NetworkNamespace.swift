import Foundation
import Glibc
import Vocabulary

/// Connections from inside another network namespace. Needs root.
enum NetworkNamespace {
    private typealias SetNamespace = @convention(c) (Int32, Int32) -> Int32
    private static let networks: Int32 = 0x4000_0000

    /// Connects to a port on the loopback address there; answers the socket.
    static func connect(_ port: UInt16, in namespace: Int32) throws(Failure) -> Int32 {
        // glibc has it, and its Swift module does not.
        guard let symbol = dlsym(nil, "setns") else {
            throw Failure(.unsupported, "This system cannot enter a network namespace.")
        }
        let setNamespace = unsafeBitCast(symbol, to: SetNamespace.self)
        let done = DispatchSemaphore(value: 0)
        let result = Outcome()
        // A thread belongs to one network; this one goes there and does not come back.
        Thread.detachNewThread {
            if setNamespace(namespace, networks) == 0 {
                result.socket = connect(port)
                result.problem = errno
            } else {
                result.problem = errno
            }
            done.signal()
        }
        done.wait()
        guard result.socket >= 0 else {
            throw Failure(
                .unavailable,
                "Port \(port) of the lease cannot be reached: "
                    + "\(String(cString: strerror(result.problem))). Does something listen there?")
        }
        return result.socket
    }

    private final class Outcome: @unchecked Sendable {
        // Written by one thread before the semaphore, read by the other after it.
        var socket: Int32 = -1
        var problem: Int32 = 0
    }

    private static func connect(_ port: UInt16) -> Int32 {
        let socket = Glibc.socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result != 0 else { return socket }
        let problem = errno
        close(socket)
        errno = problem
        return -1
    }
}
