/// A price file's contents as they stand, before they mean anything: texts, lists and mappings with
/// the lines they begin at. Keeps pricing free of any file format's library.
package struct PriceFileNode: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case text(String)
        case list([PriceFileNode])
        case mapping([PriceFileField])
    }

    package var content: Content
    /// From 1.
    package var line: Int

    package init(_ content: Content, line: Int) {
        self.content = content
        self.line = line
    }
}

package struct PriceFileField: Hashable, Sendable {
    package var name: String
    package var line: Int
    package var value: PriceFileNode

    package init(name: String, line: Int, value: PriceFileNode) {
        self.name = name
        self.line = line
        self.value = value
    }
}
