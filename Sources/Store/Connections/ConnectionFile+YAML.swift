internal import DAGModel
internal import Yams

extension ConnectionFile {
    static func members(ofYAML text: String) throws(Problems) -> Members {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text, YAMLReader.resolver)
        } catch let error as YamlError {
            throw Problems(YAMLReader.sentence(for: error))
        } catch {
            throw Problems("is not YAML")
        }
        guard let root, root.tagName != .null else { throw Problems("is empty; an empty set of connections is {}") }
        var reader = YAMLReader()
        guard case .object(let object) = try reader.read(root) else {
            throw Problems("must be one mapping with connection ids as keys")
        }
        return object.members
    }
}

/// Turns YAML's nodes into values, with the types that PyYAML gives them.
struct YAMLReader {
    /// Aliases can make a small file endless.
    private static let mostNodes = 200_000
    private var nodes = 0

    mutating func read(_ node: Node) throws(ConnectionFile.Problems) -> PythonJSON {
        nodes += 1
        guard nodes <= Self.mostNodes else {
            throw .init("has more than \(Self.mostNodes) values; aliases count each time")
        }
        switch node {
        case .scalar(let scalar): return try read(scalar, node)
        case .sequence(let sequence):
            var values: [PythonJSON] = []
            for element in sequence { values.append(try read(element)) }
            return .array(values)
        case .mapping(let mapping): return .object(try read(mapping))
        case .alias: throw .init("\(Self.place(node)): an alias points nowhere")
        }
    }

    private mutating func read(_ mapping: Node.Mapping) throws(ConnectionFile.Problems) -> PythonJSON.Object {
        var object = PythonJSON.Object()
        for (key, value) in mapping where key.tagName != .merge {
            guard case .scalar(let name) = key, key.tagName == .str else {
                throw .init("\(Self.place(key)): a key is not text; put it in quotes")
            }
            object[name.string] = try read(value)
        }
        for (key, value) in mapping where key.tagName == .merge {
            for merged in try mergedObjects(value, key) {
                for (name, value) in merged.members where object[name] == nil { object[name] = value }
            }
        }
        return object
    }

    private mutating func mergedObjects(
        _ node: Node, _ key: Node
    ) throws(ConnectionFile.Problems) -> [PythonJSON.Object] {
        switch try read(node) {
        case .object(let object): return [object]
        case .array(let values):
            return values.compactMap { value in
                guard case .object(let object) = value else { return nil }
                return object
            }
        default: throw .init("\(Self.place(key)): << needs a mapping")
        }
    }

    private func read(_ scalar: Node.Scalar, _ node: Node) throws(ConnectionFile.Problems) -> PythonJSON {
        switch node.tagName {
        case .str, .value: return .string(scalar.string)
        case .null: return .null
        case .bool: if let value = node.bool { return .bool(value) }
        case .int: if let value = Self.integer(node, scalar) { return value }
        case .float: if let value = node.float { return .double(value) }
        case .timestamp: throw .init("\(Self.place(node)): a date is not JSON; put it in quotes")
        default: break
        }
        throw .init("\(Self.place(node)): a value has a type that connections do not know; put it in quotes")
    }

    private static func integer(_ node: Node, _ scalar: Node.Scalar) -> PythonJSON? {
        if let value = node.int { return .integer(String(value)) }
        guard case .integer(let digits)? = try? PythonJSON(text: scalar.string) else { return nil }
        return .integer(digits)
    }

    private static func place(_ node: Node) -> String { node.mark.map { "line \($0.line)" } ?? "YAML" }

    /// PyYAML's numbers: a float needs a point, an octal number a plain 0.
    fileprivate static let resolver: Resolver = {
        let float = #"""
            ^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|\#
            [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$
            """#
        let int = #"""
            ^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|\#
            [-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$
            """#
        return (try? Resolver.default.replacing(.float, with: float).replacing(.int, with: int)) ?? .default
    }()

    /// Whether a scalar without quotes is text to every YAML reader.
    static func isText(_ text: String) -> Bool {
        let node = Node.scalar(.init(text))
        return [resolver, .default].allSatisfy { $0.resolveTag(of: node) == .str }
    }

    /// What is wrong and where, without the text around it, which can hold a secret.
    fileprivate static func sentence(for error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem)"
        case .duplicatedKeysInMapping(let names, let context):
            "line \(context.mark.line): the key \"\(PythonText.visible(names.first ?? ""))\" occurs twice"
        case .reader(let problem, _, _, _): problem
        default: "is not YAML"
        }
    }
}

extension Node {
    fileprivate var tagName: Tag.Name { Tag.Name(rawValue: tag.description) }
}
