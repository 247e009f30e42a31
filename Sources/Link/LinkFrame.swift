/// How messages stand on a link's byte stream: a big-endian 32-bit length, then that many bytes of
/// JSON. The same on a Unix socket and on TLS.
package enum LinkFrame {
    package static let headerBytes = 4
    /// A longer frame is a broken peer: the connection is closed.
    package static let maximumBytes = 64 << 20
}
