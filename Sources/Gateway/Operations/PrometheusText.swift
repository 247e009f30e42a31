import Vocabulary

/// Metrics in Prometheus' text format, under OpenTelemetry's names for generative AI where there
/// are any. Bounds and sums are in seconds.
struct PrometheusText {
    private(set) var text = ""

    mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Int64) {
        text += name + Self.braces(labels) + " \(value)\n"
    }

    mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
        family(name, "histogram", help)
        var total: Int64 = 0
        for (index, count) in histogram.counts.enumerated() {
            total += count
            let bound =
                index < histogram.bounds.count ? Self.seconds(histogram.bounds[index]) : "+Inf"
            sample(name + "_bucket", [("le", bound)], total)
        }
        text += "\(name)_sum \(Self.seconds(histogram.sum))\n\(name)_count \(total)\n"
    }

    private static func braces(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { name, value in
            let escaped = value.map { character in
                switch character {
                case "\\": "\\\\"
                case "\"": "\\\""
                case "\n": "\\n"
                default: String(character)
                }
            }.joined()
            return "\(name)=\"\(escaped)\""
        }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    /// Nanoseconds as seconds, in plain decimals.
    static func seconds(_ nanoseconds: Int64) -> String {
        let sign = nanoseconds < 0 ? "-" : ""
        let digits = String(nanoseconds.magnitude % 1_000_000_000)
        var fraction = Substring(String(repeating: "0", count: 9 - digits.count) + digits)
        while fraction.last == "0" { fraction.removeLast() }
        return sign + "\(nanoseconds.magnitude / 1_000_000_000)"
            + (fraction.isEmpty ? "" : "." + fraction)
    }
}
