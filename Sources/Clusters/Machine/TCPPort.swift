import Glibc
import Vocabulary

/// Looks whether a port can be listened on, so that a start-up fails with a sentence instead of in
/// a child's log.
package enum TCPPort {
    /// Answers the port, or a free one for 0. Throws ``Failure`` if somebody else listens there.
    package static func claim(_ port: UInt16, host: String, option: String) throws -> UInt16 {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let address = found else {
            throw Failure(
                .invalidRequest, "'\(host)' is not an address of this machine.",
                parameter: "--host")
        }
        defer { freeaddrinfo(found) }
        let socket = Glibc.socket(
            address.pointee.ai_family,
            hints.ai_socktype
                | Int32(
                    SOCK_CLOEXEC.rawValue), 0)
        defer { close(socket) }
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(socket, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0,
            listen(socket, 1) == 0
        else { throw failure(errno, port: port, host: host, option: option) }
        return port == 0 ? chosenPort(of: socket) : port
    }

    private static func failure(
        _ code: Int32, port: UInt16, host: String, option: String
    ) -> Failure {
        switch code {
        case EADDRINUSE:
            Failure(
                .conflict,
                "port \(port) is in use by another program ('ss -ltnp' says which). End it, or "
                    + "choose another port: \(option) \(port == 65535 ? 8090 : port + 10)",
                parameter: option)
        case EACCES:
            Failure(
                .forbidden,
                "port \(port) may not be opened by this user; ports from 1024 on may. Choose one: "
                    + "\(option) 8080", parameter: option)
        default:
            Failure(
                .invalidRequest,
                "\(host):\(port) cannot be listened on: \(String(cString: strerror(code))).",
                parameter: option)
        }
    }

    private static func chosenPort(of socket: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(socket, $0, &length)
            }
            // The port stands at the same place in IPv4's and IPv6's addresses.
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
    }

    /// Whether something accepts connections there now.
    package static func accepts(_ port: UInt16, host: String) -> Bool {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let address = found else {
            return false
        }
        defer { freeaddrinfo(found) }
        let socket = Glibc.socket(
            address.pointee.ai_family, hints.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(socket) }
        return connect(socket, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0
    }
}
