/// Replaces secrets in a stream of bytes by `***`, also where they are split across writes. Pure.
///
/// What could be the beginning of a secret is held back until the next bytes tell, or the stream ends: at most the length of the
/// longest secret.
struct SecretMask: Sendable {
    private static let replacement = Array("***".utf8)

    /// Forms to look for, by their first byte; longer ones first, so that the longest match wins.
    private var forms: [UInt8: [[UInt8]]] = [:]
    private var known: Set<[UInt8]> = []
    private var held: [UInt8] = []

    /// Whether there is nothing to look for.
    var isEmpty: Bool { known.isEmpty }

    /// Looks for these secrets from now on, in all their forms. Shorter ones than 4 bytes would mask half of every log and are left.
    mutating func add(_ secrets: some Sequence<String>) {
        for form in secrets.flatMap(SecretForms.all(of:)) where known.insert(form).inserted {
            guard let first = form.first else { continue }
            forms[first, default: []].append(form)
            forms[first]?.sort { $0.count > $1.count }
        }
    }

    /// The next bytes of the stream, as they may be shown.
    mutating func mask(_ bytes: [UInt8]) -> [UInt8] {
        guard !known.isEmpty else { return bytes }
        return scan(held + bytes, isLast: false)
    }

    /// What was held back at the end of the stream.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return scan(held, isLast: true)
    }

    private mutating func scan(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
        var shown: [UInt8] = []
        shown.reserveCapacity(bytes.count)
        held = []
        var position = 0
        var copied = 0
        while position < bytes.count {
            guard let candidates = forms[bytes[position]] else {
                position += 1
                continue
            }
            switch match(bytes[position...], candidates, isLast: isLast) {
            case .none: position += 1
            case .whole(let length):
                shown += bytes[copied..<position]
                shown += Self.replacement
                position += length
                copied = position
            case .begun:
                shown += bytes[copied..<position]
                held = Array(bytes[position...])
                return shown
            }
        }
        shown += bytes[copied...]
        return shown
    }

    private enum Match { case none, begun, whole(Int) }

    /// A longer form that is not complete yet goes before a shorter one that is: it may become the match.
    private func match(_ bytes: ArraySlice<UInt8>, _ candidates: [[UInt8]], isLast: Bool) -> Match {
        for form in candidates {
            if form.count <= bytes.count {
                if bytes.starts(with: form) { return .whole(form.count) }
            } else if !isLast, form.starts(with: bytes) {
                return .begun
            }
        }
        return .none
    }
}
