internal import DAGKit
internal import DAGModel
internal import FoundationEssentials
internal import HTTPClient

/// The file to which a program writes its result.
struct ResultFile: Sendable {
    /// More than this is no result but data, which belongs into a file or into S3.
    static let limit: Int64 = 16 << 20

    let path: String
    /// Nil when no result is asked for.
    let schema: JSONValue?

    /// The result; an empty object when none is asked for.
    func read(of program: String) async throws -> JSONValue {
        guard let schema else { return .object([:]) }
        let value = try await BlockingWork.run { [path] in try Self.value(path, program) }
        if let problem = value.mismatch(with: schema) {
            throw OperatorError("the result of \(program) does not fit its type: \(problem)")
        }
        return value
    }

    private static func value(_ path: String, _ program: String) throws -> JSONValue {
        guard case .file(let size) = try FileKind(path) else {
            throw OperatorError(
                "\(program) ended well but left no result: it has to write JSON to the file that SLIPSTREAM_RESULT names"
            )
        }
        guard size <= limit else {
            throw OperatorError(
                "the result of \(program) has \(size) bytes, more than the \(limit) that fit: leave large data in a file or in S3"
            )
        }
        let bytes = try OpenFile(reading: path).read(at: 0, count: Int(size))
        do { return try JSONDecoder().decode(JSONValue.self, from: Data(bytes)) } catch {
            throw OperatorError(
                "the result of \(program) is not valid JSON (NaN and infinities are none): \(error.jsonReason)")
        }
    }
}

extension Error {
    fileprivate var jsonReason: String {
        guard case DecodingError.dataCorrupted(let context)? = self as? DecodingError else { return "\(self)" }
        return context.underlyingError.map { "\($0)" } ?? context.debugDescription
    }
}

extension JSONValue {
    /// What of this value is not as a schema of DAGKit's says, if anything.
    func mismatch(with schema: JSONValue, at path: String = "the result") -> String? {
        guard let expected = schema["type"]?.stringValue else { return nil }
        switch (expected, self) {
        case ("object", _) where schema["properties"] == .object([:]): return nil
        case ("object", .object(let members)):
            guard case .object(let properties)? = schema["properties"] else { return nil }
            return properties.sorted { $0.key < $1.key }.lazy.compactMap { name, schema in
                guard let member = members[name], member != .null else { return nil }
                return member.mismatch(with: schema, at: "\(path).\(name)")
            }.first
        case ("array", .array(let elements)):
            guard let items = schema["items"] else { return nil }
            return elements.enumerated().lazy.compactMap { $1.mismatch(with: items, at: "\(path)[\($0)]") }.first
        case ("number", .int), ("number", .double), ("integer", .int), ("string", .string), ("boolean", .bool):
            return nil
        default: return "\(path) is a \(typeName), and should be a \(expected)"
        }
    }
}
