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

    /// A record of Bedrock's; `input` is its `modelInput` as it came.
    package static func bedrock(
        recordID: String, input: [UInt8], _ end: BatchLineEnd
    ) -> [UInt8] {
        var text = Array("{\"recordId\":".utf8)
        text += JSONText.quoted(recordID)
        text += Array(",\"modelInput\":".utf8)
        append(input, to: &text)
        switch end {
        case .answered(_, 200, let body):
            text += Array(",\"modelOutput\":".utf8)
            append(body, to: &text)
        case .answered(_, let status, let body):
            appendError(status, message(of: body), to: &text)
        case .cancelled:
            appendError(499, "The job was stopped before this record ran.", to: &text)
        case .expired:
            appendError(408, "The job's time was over before this record ran.", to: &text)
        }
        text += Array("}\n".utf8)
        return text
    }

    private static func appendError(_ code: Int, _ message: String, to text: inout [UInt8]) {
        text += Array(",\"error\":{\"errorCode\":\(code),\"errorMessage\":".utf8)
        text += JSONText.quoted(message)
        text.append(UInt8(ascii: "}"))
    }

    /// What an error of Bedrock's says.
    private static func message(of body: [UInt8]) -> String {
        let found: String? = body.withUnsafeBytes { bytes in
            guard var cursor = JSONCursor(bytes), let value = try? cursor.value(),
                value.kind == .object, let members = try? cursor.members(of: value),
                let message = members.value("message", in: cursor)
            else { return nil }
            return cursor.value(of: cursor.text(message))
        }
        return found ?? "The request failed."
    }

    /// A line break between the tokens of a document would break its line.
    private static func append(_ body: [UInt8], to text: inout [UInt8]) {
        for byte in body { text.append(byte == 0x0A || byte == 0x0D ? 0x20 : byte) }
    }
}
