extension Accelerators: CustomStringConvertible, LosslessStringConvertible {
    /// As a plain decimal without superfluous zeros: `2`, `0.25`.
    package var description: String {
        let magnitude = thousandths.magnitude
        let digits = String(magnitude % 1000)
        var fraction = Substring(String(repeating: "0", count: 3 - digits.count) + digits)
        while fraction.last == "0" { fraction.removeLast() }
        return (thousandths < 0 ? "-" : "") + String(magnitude / 1000)
            + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// Parses a plain decimal with at most three digits after the point; nil for anything else,
    /// and for what is below zero.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, (1...12).contains(first.utf8.count),
            first.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let whole = Int64(first)
        else { return nil }
        var thousandths: Int64 = 0
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count),
                parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let value = Int64(parts[1])
            else { return nil }
            thousandths = value
            for _ in parts[1].utf8.count..<3 { thousandths *= 10 }
        }
        self.init(thousandths: whole * 1000 + thousandths)
    }
}
