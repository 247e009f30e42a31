package import Pricing
package import Vocabulary
import Yams

/// Reads a price file's YAML into nodes that know their lines. What they mean is ``PriceFile``'s.
package enum PriceFileYAML {
    /// The longest price file, in bytes.
    package static let maximumBytes = 1 << 20

    /// - Throws: `invalid_request` with the file's name and the line.
    package static func read(
        name: String, text: String, purpose: PriceFile.Purpose = .version
    ) throws(Failure) -> PriceFile {
        guard text.utf8.count <= maximumBytes else {
            throw Failure(
                .tooLarge, "\(name) is longer than \(maximumBytes) bytes.", parameter: name)
        }
        return try PriceFile(
            name: name, contents: try nodes(name: name, text: text), purpose: purpose)
    }

    /// The file as nodes, whatever they mean.
    static func nodes(name: String, text: String) throws(Failure) -> PriceFileNode {
        let root: Yams.Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw failure(name, text, error)
        } catch {
            throw Failure(.invalidRequest, "\(name) could not be read as YAML.", parameter: name)
        }
        guard let root else {
            throw Failure(
                .invalidRequest, "\(name), line 1: the file is empty.", parameter: "\(name):1")
        }
        return try node(root, name, depth: 0)
    }

    /// The deepest nesting; a file of ours needs four levels.
    private static let maximumDepth = 8

    private static func node(
        _ node: Yams.Node, _ name: String, depth: Int
    ) throws(Failure) -> PriceFileNode {
        let line = node.mark?.line ?? 1
        guard depth <= maximumDepth else { throw unreadable(name, line, "nested too deeply.") }
        switch node {
        case .scalar(let scalar):
            return PriceFileNode(.text(scalar.string), line: line)
        case .sequence(let sequence):
            var items: [PriceFileNode] = []
            for item in sequence { items.append(try self.node(item, name, depth: depth + 1)) }
            return PriceFileNode(.list(items), line: line)
        case .mapping(let mapping):
            var fields: [PriceFileField] = []
            for (key, value) in mapping {
                guard case .scalar(let label) = key else {
                    throw unreadable(name, key.mark?.line ?? line, "a field's name must be a text.")
                }
                fields.append(
                    PriceFileField(
                        name: label.string, line: key.mark?.line ?? line,
                        value: try self.node(value, name, depth: depth + 1)))
            }
            return PriceFileNode(.mapping(fields), line: line)
        case .alias:
            throw unreadable(name, line, "references (*) are not used here.")
        }
    }

    private static func failure(_ name: String, _ text: String, _ error: YamlError) -> Failure {
        switch error {
        case .duplicatedKeysInMapping(let duplicates, let context):
            let key = duplicates.first ?? ""
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let second = lines.indices.last { lines[$0].drop { $0 == " " }.hasPrefix("\(key):") }
            return unreadable(
                name, second.map { $0 + 1 } ?? context.mark.line,
                "'\(key)' stands twice, first on line \(context.mark.line). Keep one.")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return unreadable(name, mark.line, "this is not YAML: \(problem).")
        default:
            return unreadable(name, 1, "this is not YAML.")
        }
    }

    private static func unreadable(_ name: String, _ line: Int, _ message: String) -> Failure {
        Failure(
            .invalidRequest, "\(name), line \(line): \(message)", parameter: "\(name):\(line)")
    }
}
