internal import Crypto
internal import FoundationEssentials

/// Where a sealed value belongs. It opens nowhere else: a value copied to another row, field or table is refused.
package struct SealedPlace: Hashable, Sendable {
    package var table: String
    package var row: String
    package var field: String

    /// Names the place of a value in the database.
    package init(table: String, row: String, field: String) {
        self.table = table
        self.row = row
        self.field = field
    }
}

/// Seals and opens secrets: AES-256-GCM under a fresh data key per value, itself sealed under a key of the ring.
///
/// ```swift
/// let sealer = Sealer(ring: try KeyRing.load(file))
/// let place = SealedPlace(table: "connection", row: "42", field: "password")
/// let sealed = try sealer.seal("s3cr3t", for: place)
/// try sealer.openText(sealed, for: place)    // "s3cr3t"
/// ```
///
/// A sealed value is: format version (1 byte), length of the key's id (1 byte), the id, the sealed data key (60 bytes),
/// the sealed content (28 bytes more than the content).
package struct Sealer: Sendable {
    private let ring: KeyRing

    package init(ring: KeyRing) { self.ring = ring }

    private static let version: UInt8 = 1
    /// Nonce, 32 bytes of key, authentication tag.
    private static let wrappedKeySize = 12 + 32 + 16
    private static let overhead = 12 + 16

    /// Seals bytes under the ring's first key.
    package func seal(_ content: [UInt8], for place: SealedPlace) throws(SealError) -> [UInt8] {
        let key = ring.current
        let bound = Self.boundData(place, keyID: key.id)
        let dataKey = SymmetricKey(size: .bits256)
        do {
            let rawKey = dataKey.withUnsafeBytes { [UInt8]($0) }
            let wrapped = try AES.GCM.seal(rawKey, using: key.secret, authenticating: bound("key"))
            let sealed = try AES.GCM.seal(content, using: dataKey, authenticating: bound("content"))
            guard let wrapped = wrapped.combined, let sealed = sealed.combined else {
                throw SealError.cannotSeal(place)
            }
            return [Self.version, UInt8(key.id.utf8.count)] + Array(key.id.utf8) + wrapped + sealed
        } catch {
            throw .cannotSeal(place)
        }
    }

    /// Seals text under the ring's first key.
    package func seal(_ text: String, for place: SealedPlace) throws(SealError) -> [UInt8] {
        try seal(Array(text.utf8), for: place)
    }

    /// Opens what ``seal(_:for:)-([UInt8],_)`` made for the same place.
    /// - Throws: ``SealError``.
    package func open(_ sealed: [UInt8], for place: SealedPlace) throws(SealError) -> [UInt8] {
        let parts = try Self.parts(of: sealed, place)
        guard let key = ring.key(parts.keyID) else { throw .unknownKey(parts.keyID, place, known: ring.keyIDs) }
        let bound = Self.boundData(place, keyID: key.id)
        do {
            let rawKey = try AES.GCM.open(
                AES.GCM.SealedBox(combined: parts.wrappedKey), using: key.secret, authenticating: bound("key"))
            let content = try AES.GCM.open(
                AES.GCM.SealedBox(combined: parts.content), using: SymmetricKey(data: rawKey),
                authenticating: bound("content"))
            return [UInt8](content)
        } catch {
            throw .refused(place)
        }
    }

    /// Opens sealed text.
    /// - Throws: ``SealError``.
    package func openText(_ sealed: [UInt8], for place: SealedPlace) throws(SealError) -> String {
        guard let text = String(validating: try open(sealed, for: place), as: UTF8.self) else { throw .refused(place) }
        return text
    }

    /// The value under the ring's first key; `nil` where it is already.
    /// - Throws: ``SealError``.
    package func rotated(_ sealed: [UInt8], for place: SealedPlace) throws(SealError) -> [UInt8]? {
        guard try Self.parts(of: sealed, place).keyID != ring.currentKeyID else { return nil }
        return try seal(open(sealed, for: place), for: place)
    }

    private struct Parts {
        var keyID: String
        var wrappedKey: [UInt8]
        var content: [UInt8]
    }

    private static func parts(of sealed: [UInt8], _ place: SealedPlace) throws(SealError) -> Parts {
        guard sealed.count > 2 else { throw .damaged(place) }
        guard sealed[0] == version else { throw .unknownVersion(Int(sealed[0]), place) }
        let keyIDEnd = 2 + Int(sealed[1])
        let wrappedEnd = keyIDEnd + wrappedKeySize
        guard sealed.count >= wrappedEnd + overhead,
            let keyID = String(validating: sealed[2..<keyIDEnd], as: UTF8.self)
        else { throw .damaged(place) }
        return Parts(
            keyID: keyID, wrappedKey: Array(sealed[keyIDEnd..<wrappedEnd]), content: Array(sealed[wrappedEnd...]))
    }

    /// What every ciphertext is bound to: each part after its length, so that no two places give the same bytes.
    private static func boundData(_ place: SealedPlace, keyID: String) -> (_ purpose: String) -> [UInt8] {
        { purpose in
            let parts = ["slipstream", purpose, place.table, place.row, place.field, keyID]
            return parts.reduce(into: [version]) { bytes, part in
                withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { bytes += $0 }
                bytes += Array(part.utf8)
            }
        }
    }
}

extension KeyRing.Key {
    var base64: String { secret.withUnsafeBytes { Data($0).base64EncodedString() } }
}
