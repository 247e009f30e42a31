/// The `Range` of a request (RFC 9110, 14.2): one range of bytes.
package enum ByteRange: Hashable, Sendable {
    case whole
    case part(Range<Int64>)
    /// Nothing of it is there.
    case unsatisfiable

    /// What is not understood asks for the whole, as HTTP wants it.
    package init(_ header: String?, of length: Int64) {
        let unit = "bytes="
        guard let header, header.hasPrefix(unit) else {
            self = .whole
            return
        }
        let ends = header.dropFirst(unit.count)
            .split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else {
            self = .whole
            return
        }
        switch (Int64(ends[0]), Int64(ends[1])) {
        case (let first?, let last?) where first <= last && first < length:
            self = .part(first..<min(last, length - 1) + 1)
        case (let first?, nil) where ends[1].isEmpty && first < length:
            self = .part(first..<length)
        case (nil, let count?) where ends[0].isEmpty && count > 0 && length > 0:
            self = .part(max(0, length - count)..<length)
        case (nil, nil): self = .whole
        default: self = .unsatisfiable
        }
    }
}
