/// Why a secret could not be sealed or opened.
package enum SealError: Error, Hashable, Sendable, CustomStringConvertible {
    case cannotSeal(SealedPlace)
    /// Not the form of a sealed value.
    case damaged(SealedPlace)
    case unknownVersion(Int, SealedPlace)
    case unknownKey(String, SealedPlace, known: [String])
    /// Changed, sealed for another place, or under another key of the same id.
    case refused(SealedPlace)

    package var description: String {
        switch self {
        case .cannotSeal(let place): "\(place): could not be sealed"
        case .damaged(let place): "\(place): is not a sealed value; restore it from a backup or set it again"
        case .unknownVersion(let version, let place):
            "\(place): sealed in format \(version), which this version of dagctl does not know; update dagctl"
        case .unknownKey(let id, let place, let known):
            "\(place): sealed with key \(id), but the key ring has only \(known.joined(separator: ", ")); "
                + "add the key or set the value again"
        case .refused(let place):
            "\(place): was changed, moved from another row, or sealed with another key; set the value again"
        }
    }
}

extension SealedPlace: CustomStringConvertible {
    package var description: String { "\(table) \(row), \(field)" }
}
