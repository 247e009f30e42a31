import Vocabulary

/// Writes an engine's plain answer as a message.
enum MessagesAnswer {
    static func make(
        _ body: UnsafeRawBufferPointer, to request: AnsweredRequest, usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        let answer = try ChatAnswer(body)
        var bytes = head(request)
        bytes.reserveCapacity(answer.length + 640)
        bytes += Array("\"content\":[".utf8)
        content(answer, request, &bytes)
        bytes += Array("],".utf8)
        var end = MessagesEnd()
        end.note(finish: answer.finish, stop: answer.stop, in: answer.cursor)
        end.append(calledTool: !answer.calls.isEmpty, to: &bytes)
        bytes += Array(",\"usage\":".utf8)
        MessagesUsage.append(usage, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// A message up to its content.
    static func head(_ request: AnsweredRequest) -> [UInt8] {
        var bytes = Array("{\"id\":\"\(identifier(request))\",\"type\":\"message\",".utf8)
        bytes += Array("\"role\":\"assistant\",\"model\":".utf8)
        JSONText.append(request.model, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        return bytes
    }

    /// The request's own name with another prefix, so that one leads to the other.
    private static func identifier(_ request: AnsweredRequest) -> String {
        "msg_\(request.request.split(separator: "_").last ?? "")"
    }

    private static func content(
        _ answer: ChatAnswer, _ request: AnsweredRequest, _ bytes: inout [UInt8]
    ) {
        var isFirst = true
        func separate() {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
        }
        if let thought = answer.thought {
            separate()
            JSONText.append(plain: "{\"type\":\"thinking\",\"thinking\":", to: &bytes)
            bytes.append(contentsOf: answer.cursor.bytes(thought.range))
            JSONText.append(plain: ",\"signature\":\"\"}", to: &bytes)
        }
        for text in answer.texts {
            separate()
            JSONText.append(plain: "{\"type\":\"text\",\"text\":", to: &bytes)
            bytes.append(contentsOf: answer.cursor.bytes(text.range))
            bytes.append(UInt8(ascii: "}"))
        }
        for (index, call) in answer.calls.enumerated() {
            separate()
            self.call(call, index, answer.cursor, request, &bytes)
        }
    }

    private static func call(
        _ call: ChatAnswer.Call, _ index: Int, _ cursor: JSONCursor, _ request: AnsweredRequest,
        _ bytes: inout [UInt8]
    ) {
        JSONText.append(plain: "{\"type\":\"tool_use\",\"id\":", to: &bytes)
        if let id = call.id {
            bytes.append(contentsOf: cursor.bytes(id.range))
        } else {
            bytes += JSONText.quoted(toolIdentifier(request, index))
        }
        JSONText.append(plain: ",\"name\":", to: &bytes)
        bytes.append(contentsOf: cursor.bytes(call.name.range))
        JSONText.append(plain: ",\"input\":", to: &bytes)
        bytes += call.input(cursor).object
        bytes.append(UInt8(ascii: "}"))
    }

    /// For engines that name no call.
    static func toolIdentifier(_ request: AnsweredRequest, _ index: Int) -> String {
        "toolu_\(request.request.split(separator: "_").last ?? "")_\(index)"
    }
}
