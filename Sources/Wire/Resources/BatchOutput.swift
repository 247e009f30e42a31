package import Vocabulary

/// How a line of a batch ended.
package enum BatchLineEnd: Hashable, Sendable {
    /// HTTP's status, and the body that a client would have got.
    case answered(RequestID, status: Int, body: [UInt8])
    case cancelled
    case expired
}

/// Writes results of batches in each dialect's form: one JSON object a line.
package enum BatchOutput {
    package static func openAI(
        _ line: BatchLine, customID: String, _ end: BatchLineEnd
    ) -> [UInt8] {
        var text = Array("{\"id\":\"\(line.batch)_\(line.number)\",\"custom_id\":".utf8)
        text += JSONText.quoted(customID)
        switch end {
        case .answered(let request, let status, let body):
            text += Array(
                ",\"response\":{\"status_code\":\(status),\"request_id\":\"\(request)\",\"body\":"
                    .utf8)
            append(body, to: &text)
            text += Array("},\"error\":null}\n".utf8)
        case .cancelled:
            text += Array(
                (",\"response\":null,\"error\":{\"code\":\"batch_cancelled\",\"message\":"
                    + "\"The batch was cancelled before this request ran.\"}}\n").utf8)
        case .expired:
            text += Array(
                (",\"response\":null,\"error\":{\"code\":\"batch_expired\",\"message\":"
                    + "\"The batch expired before this request ran.\"}}\n").utf8)
        }
        return text
    }

    package static func anthropic(customID: String, _ end: BatchLineEnd) -> [UInt8] {
        var text = Array("{\"custom_id\":".utf8)
        text += JSONText.quoted(customID)
        switch end {
        case .answered(_, let status, let body):
            text += Array(
                (status == 200
                    ? ",\"result\":{\"type\":\"succeeded\",\"message\":"
                    : ",\"result\":{\"type\":\"errored\",\"error\":").utf8)
            append(body, to: &text)
            text += Array("}}\n".utf8)
        case .cancelled: text += Array(",\"result\":{\"type\":\"canceled\"}}\n".utf8)
        case .expired: text += Array(",\"result\":{\"type\":\"expired\"}}\n".utf8)
        }
        return text
    }

    /// A line break between the tokens of a document would break its line.
    private static func append(_ body: [UInt8], to text: inout [UInt8]) {
        for byte in body { text.append(byte == 0x0A || byte == 0x0D ? 0x20 : byte) }
    }
}
