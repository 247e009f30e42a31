/// Numbers that are kept as text in which equal neighbours stand once: `0*1437,8,0*2`. What a
/// planner has learnt is mostly zeros, and is kept with each snapshot.
@propertyWrapper
struct RunLengths<Number: FixedWidthInteger & Sendable>: Hashable, Sendable {
    var wrappedValue: [Number]
}

extension RunLengths: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        var numbers: [Number] = []
        for run in try container.decode(String.self).split(separator: ",") {
            let parts = run.split(separator: "*")
            guard let number = parts.first.flatMap({ Number($0) }),
                let length = parts.count == 2 ? Int(parts[1]) : 1
            else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "'\(run)' is no run of numbers")
            }
            numbers.append(contentsOf: repeatElement(number, count: length))
        }
        self.wrappedValue = numbers
    }

    func encode(to encoder: any Encoder) throws {
        var text = ""
        var place = wrappedValue.startIndex
        while place < wrappedValue.endIndex {
            let number = wrappedValue[place]
            let end =
                wrappedValue[place...].firstIndex { $0 != number } ?? wrappedValue.endIndex
            text += (text.isEmpty ? "" : ",") + "\(number)"
            if end - place > 1 { text += "*\(end - place)" }
            place = end
        }
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
