import CapacityPath

/// What a command in a lease printed, and its exit code.
func answer(of attachment: Attachment) async -> (text: String, code: Int32) {
    var bytes: [UInt8] = []
    for await chunk in attachment.output { bytes += chunk }
    let code = await attachment.exitCode()
    await attachment.close()
    return (String(decoding: bytes, as: UTF8.self), code)
}
