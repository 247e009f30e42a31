package import Vocabulary

/// One request of a batch's input, as far as it is looked at before it runs.
package struct BatchInputLine: Hashable, Sendable {
    /// Most bytes of a customer's name for a line.
    package static let maximumCustomID = 512

    package var customID: String
    package var model: String
    /// Where the request itself stands: bytes of the text that was read.
    package var body: Range<Int>
}

/// Reads the input of batches in each dialect's form. What a request says beyond its model is
/// looked at when it runs.
package enum BatchInput {
    /// A line of OpenAI's: `{"custom_id","method":"POST","url","body":{"model",…}}`.
    package static func openAI(
        _ line: UnsafeRawBufferPointer, address: String
    ) throws(Failure) -> BatchInputLine {
        let (cursor, members) = try object(line)
        if let method = members.value("method", in: cursor), !cursor.isText(method, "POST") {
            throw Failure(.invalidRequest, "`method` must be POST.", parameter: "method")
        }
        guard let url = members.value("url", in: cursor), url.kind == .string,
            cursor.value(of: cursor.text(url)) == address
        else {
            throw Failure(
                .invalidRequest, "`url` must be the batch's endpoint, \(address).",
                parameter: "url")
        }
        let name = try customID(members, in: cursor, "custom_id")
        guard let body = members.value("body", in: cursor), body.kind == .object else {
            throw Failure(.invalidRequest, "`body` must be an object.", parameter: "body")
        }
        return BatchInputLine(
            customID: name, model: try model(of: body, in: cursor, "body"), body: body.range)
    }

    /// All requests of Anthropic's `{"requests":[{"custom_id","params":{"model",…}}]}`.
    package static func anthropic(
        _ text: UnsafeRawBufferPointer
    ) throws(Failure) -> [BatchInputLine] {
        let (cursor, members) = try object(text)
        guard let requests = members.value("requests", in: cursor), requests.kind == .array else {
            throw Failure(
                .invalidRequest, "requests: Field required: a list of requests.",
                parameter: "requests")
        }
        var lines: [BatchInputLine] = []
        for (index, request) in try cursor.elements(of: requests).enumerated() {
            let path = "requests.\(index)"
            guard request.kind == .object else {
                throw Failure(
                    .invalidRequest, "\(path): Input should be an object.", parameter: path)
            }
            let members = try cursor.members(of: request)
            let name = try customID(members, in: cursor, "\(path).custom_id")
            guard let body = members.value("params", in: cursor), body.kind == .object else {
                throw Failure(
                    .invalidRequest, "\(path).params: Field required: an object.",
                    parameter: "\(path).params")
            }
            lines.append(
                BatchInputLine(
                    customID: name,
                    model: try model(of: body, in: cursor, "\(path).params"), body: body.range))
        }
        return lines
    }

    /// A record of Bedrock's: `{"recordId","modelInput":{…}}`, of which the first may be missing.
    ///
    /// - Parameters:
    ///   - number: From 1; names a record that has no name.
    ///   - model: The job's.
    package static func bedrock(
        _ line: UnsafeRawBufferPointer, number: Int64, model: String
    ) throws(Failure) -> BatchInputLine {
        let (cursor, members) = try object(line)
        var name = recordID(number)
        if let given = members.value("recordId", in: cursor) {
            guard given.kind == .string,
                (1...BatchInputLine.maximumCustomID).contains(given.content.count)
            else {
                throw Failure(
                    .invalidRequest,
                    "`recordId` must be a text of 1 to \(BatchInputLine.maximumCustomID) bytes.",
                    parameter: "recordId")
            }
            name = try checked(cursor.value(of: cursor.text(given)), "recordId")
        }
        guard let body = members.value("modelInput", in: cursor), body.kind == .object else {
            throw Failure(
                .invalidRequest, "`modelInput` must be an object.", parameter: "modelInput")
        }
        return BatchInputLine(customID: name, model: model, body: body.range)
    }

    /// Eleven letters and digits, as AWS has them.
    private static func recordID(_ number: Int64) -> String {
        let digits = "\(number)"
        return "RECORD" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    private static func object(
        _ text: UnsafeRawBufferPointer
    ) throws(Failure) -> (JSONCursor, [JSONMember]) {
        guard var cursor = JSONCursor(text) else {
            throw Failure(.invalidRequest, "This is empty; a JSON object is expected.")
        }
        let value = try cursor.value()
        try cursor.finish()
        guard value.kind == .object else {
            throw Failure(.invalidRequest, "This is no JSON object.")
        }
        return (cursor, try cursor.members(of: value))
    }

    private static func customID(
        _ members: [JSONMember], in cursor: JSONCursor, _ path: String
    ) throws(Failure) -> String {
        guard let value = members.value("custom_id", in: cursor), value.kind == .string,
            (1...BatchInputLine.maximumCustomID).contains(value.content.count)
        else {
            throw Failure(
                .invalidRequest,
                "`\(path)` must be a text of 1 to \(BatchInputLine.maximumCustomID) bytes.",
                parameter: path)
        }
        return try checked(cursor.value(of: cursor.text(value)), path)
    }

    /// Records end texts at a NUL: two names would be one.
    private static func checked(_ name: String, _ path: String) throws(Failure) -> String {
        guard !name.utf8.contains(0) else {
            throw Failure(
                .invalidRequest, "`\(path)` must not have NUL characters.", parameter: path)
        }
        return name
    }

    private static func model(
        of body: JSONValue, in cursor: JSONCursor, _ path: String
    ) throws(Failure) -> String {
        let members = try cursor.members(of: body)
        guard let model = members.value("model", in: cursor), model.kind == .string,
            !model.isEmptyString
        else {
            throw Failure(
                .invalidRequest, "`\(path).model` must be the name of a model.",
                parameter: "\(path).model")
        }
        if let stream = members.value("stream", in: cursor),
            cursor.bytes(stream.range).elementsEqual("true".utf8)
        {
            throw Failure(
                .unsupported, "`\(path).stream` is not for batches: answers come in a file.",
                parameter: "\(path).stream")
        }
        return cursor.value(of: cursor.text(model))
    }
}
