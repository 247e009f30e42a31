/// How a gateway tells control whom it has recognised, over a socket that nobody else can open. A
/// client's own header lines of these names never pass a gateway.
package enum CustomerHeader {
    package static let organization = "x-spillway-organization"
    package static let project = "x-spillway-project"
    package static let key = "x-spillway-key"
    /// How many bytes of body follow, where the client has said so.
    package static let length = "x-spillway-length"
    /// Of a gateway's own: it wants a response's whole conversation, answer included.
    package static let conversation = "x-spillway-conversation"
}
