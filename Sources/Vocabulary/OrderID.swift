/// What was ordered: a job, an instance or a reservation. Its text is that of the one it is.
package enum OrderID: Hashable, Sendable {
    case job(JobID)
    case instance(InstanceID)
    case reservation(ReservationID)

    /// nil unless the text is exactly an identifier of one of the three.
    package init?(_ text: String) {
        if let id = JobID(text) {
            self = .job(id)
        } else if let id = InstanceID(text) {
            self = .instance(id)
        } else if let id = ReservationID(text) {
            self = .reservation(id)
        } else {
            return nil
        }
    }
}

extension OrderID: CustomStringConvertible {
    package var description: String {
        switch self {
        case .job(let id): "\(id)"
        case .instance(let id): "\(id)"
        case .reservation(let id): "\(id)"
        }
    }
}

extension OrderID: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        left.description < right.description
    }
}

extension OrderID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text)' is not the id of a job, an instance or a reservation")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
