/// A JSON value as Python's `json` reads and writes it: members keep their order, numbers their exact value, and `NaN`
/// and `Infinity` are numbers.
///
/// Connections need it because Airflow's files and URIs carry JSON *text* whose every byte its users see.
package enum PythonJSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// Decimal digits of any length, with `-` in front where negative.
    case integer(String)
    case double(Double)
    case string(String)
    case array([PythonJSON])
    case object(Object)

    /// The most digits that Python reads in one integer.
    package static let mostDigits = 4300

    /// The members of an object, in the order of first appearance.
    package struct Object: Hashable, Sendable {
        package private(set) var members: [(name: String, value: PythonJSON)] = []
        private var indices: [Bytes: Int] = [:]

        package init() {}

        /// The value under a name; the last one set wins, at the place of the first.
        package subscript(name: String) -> PythonJSON? {
            get { indices[Bytes(name)].map { members[$0].value } }
            set {
                let key = Bytes(name)
                switch (indices[key], newValue) {
                case (let index?, let value?): members[index].value = value
                case (nil, let value?):
                    indices[key] = members.count
                    members.append((name, value))
                case (let index?, nil): remove(at: index)
                case (nil, nil): break
                }
            }
        }

        /// The same members with other values.
        package func mapValues<Failure>(
            _ transform: (PythonJSON) throws(Failure) -> PythonJSON
        ) throws(Failure) -> Object {
            var result = self
            for index in members.indices { result.members[index].value = try transform(members[index].value) }
            return result
        }

        private mutating func remove(at index: Int) {
            members.remove(at: index)
            indices = [:]
            for (index, member) in members.enumerated() { indices[Bytes(member.name)] = index }
        }

        package static func == (left: Object, right: Object) -> Bool {
            left.members.count == right.members.count
                && left.members.allSatisfy { member in right[member.name] == member.value }
        }

        package func hash(into hasher: inout Hasher) { hasher.combine(members.count) }
    }
}
