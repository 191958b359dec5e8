import Foundation
import Store
import Testing

@Suite struct SealerTests {
    let folder: TemporaryFolder
    let ring: KeyRing
    let place = SealedPlace(table: "connection", row: "1", field: "password")
    var file: String { "\(folder.path)/keys" }

    init() throws {
        folder = try TemporaryFolder()
        ring = try KeyRing.create("\(folder.path)/keys")
    }

    @Test func `a sealed text opens at its place`() throws {
        let sealer = Sealer(ring: ring)
        for text in ["", "s3cr3t", String(repeating: "🚀", count: 10000)] {
            #expect(try sealer.openText(sealer.seal(text, for: place), for: place) == text)
        }
        #expect(try sealer.seal("x", for: place) != sealer.seal("x", for: place))
    }

    @Test func `a ciphertext moved to another place is refused`() throws {
        let sealer = Sealer(ring: ring)
        let sealed = try sealer.seal("s3cr3t", for: place)
        for other in [
            SealedPlace(table: "connection", row: "2", field: "password"),
            SealedPlace(table: "connection", row: "1", field: "extra"),
            SealedPlace(table: "variable", row: "1", field: "password"),
            SealedPlace(table: "connection1", row: "", field: "password"),
        ] {
            #expect(throws: SealError.refused(other)) { try sealer.open(sealed, for: other) }
        }
    }

    @Test func `two swapped ciphertexts are both refused`() throws {
        let sealer = Sealer(ring: ring)
        let other = SealedPlace(table: "connection", row: "2", field: "password")
        let (first, second) = (try sealer.seal("one", for: place), try sealer.seal("two", for: other))
        #expect(throws: SealError.refused(place)) { try sealer.open(second, for: place) }
        #expect(throws: SealError.refused(other)) { try sealer.open(first, for: other) }
    }

    @Test func `a change of any byte is refused`() throws {
        let sealer = Sealer(ring: ring)
        let sealed = try sealer.seal("s3cr3t", for: place)
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << bit
                #expect(throws: SealError.self) { try sealer.open(changed, for: place) }
            }
        }
        for length in 0..<sealed.count {
            #expect(throws: SealError.self) { try sealer.open(Array(sealed[..<length]), for: place) }
        }
    }

    @Test func `a key of the same id but other bytes is refused`() throws {
        let sealed = try Sealer(ring: ring).seal("s3cr3t", for: place)
        let text = "\(ring.currentKeyID) \(Data(repeating: 7, count: 32).base64EncodedString())"
        let other = Sealer(ring: try KeyRing(text: text, file: "other"))
        #expect(throws: SealError.refused(place)) { try other.open(sealed, for: place) }
    }

    @Test func `a key that the ring does not have is named`() throws {
        let sealed = try Sealer(ring: ring).seal("s3cr3t", for: place)
        let other = try KeyRing.create("\(folder.path)/other")
        let error = SealError.unknownKey(ring.currentKeyID, place, known: other.keyIDs)
        #expect(throws: error) { try Sealer(ring: other).open(sealed, for: place) }
    }

    @Test func `a new key encrypts and the old one still decrypts`() throws {
        let sealed = try Sealer(ring: ring).seal("s3cr3t", for: place)
        let two = try KeyRing.addKey(to: file)
        #expect(two.keyIDs.count == 2 && two.keyIDs.last == ring.currentKeyID)
        let sealer = Sealer(ring: two)
        let rotated = try #require(try sealer.rotated(sealed, for: place))
        #expect(try sealer.openText(sealed, for: place) == "s3cr3t")
        #expect(try sealer.openText(rotated, for: place) == "s3cr3t")
        #expect(try sealer.rotated(rotated, for: place) == nil)
        #expect(throws: SealError.self) { try Sealer(ring: ring).open(rotated, for: place) }
        #expect(try folder.mode(of: file) == 0o600)
    }
}

@Suite struct KeyRingTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func reason(_ body: () throws -> Void) -> String? {
        let error = #expect(throws: KeyRingError.self) { try body() }
        return error?.reason
    }

    @Test func `a key ring is created once, for its owner alone`() throws {
        let file = "\(folder.path)/keys"
        let first = try KeyRing.loadOrCreate(file)
        #expect(try folder.mode(of: file) == 0o600)
        #expect(try KeyRing.loadOrCreate(file).keyIDs == first.keyIDs)
        #expect(reason { _ = try KeyRing.create(file) } == "cannot be written: File exists")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["keys"])
    }

    @Test func `two processes that create it at once end with the same key`() async throws {
        let file = "\(folder.path)/keys"
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try KeyRing.loadOrCreate(file).currentKeyID } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }

    @Test func `a missing key ring is an error that says what to do`() {
        #expect(
            reason { _ = try KeyRing.load("\(folder.path)/none") }
                == "does not exist; copy it from the host that sealed the secrets, "
                + "or start dagctl standalone once to create one")
    }

    @Test(arguments: [0o640, 0o604, 0o644, 0o660])
    func `a key ring that others may read is refused`(mode: Int) throws {
        let file = "\(folder.path)/keys"
        _ = try KeyRing.create(file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        let text = "others may read it (mode 0\(String(mode, radix: 8))); run chmod 600 on it"
        #expect(reason { _ = try KeyRing.load(file) } == text)
        #expect(reason { _ = try KeyRing.loadOrCreate(file) } == text)
    }

    @Test(arguments: [
        ("", "holds no key"), ("# only a comment\n", "holds no key"),
        ("a hunter2\n", "line 1 is not a key id and 32 bytes in Base64"),
        ("#\na AAAA extra\n", "line 2 is not a key id and 32 bytes in Base64"),
    ])
    func `a broken key ring is refused without showing a key`(text: String, expected: String) throws {
        let file = try folder.write(text, to: "keys")
        #expect(reason { _ = try KeyRing.load(file) } == expected)
    }

    @Test func `a repeated or strange key id is refused`() throws {
        let key = Data(repeating: 1, count: 32).base64EncodedString()
        let twice = try folder.write("a \(key)\na \(key)\n", to: "twice")
        #expect(reason { _ = try KeyRing.load(twice) } == "line 2 repeats the key id a")
        let strange = try folder.write("a/b \(key)\n", to: "strange")
        #expect(reason { _ = try KeyRing.load(strange) } == "line 1: a key id is 1 to 32 letters, digits, - and _")
    }
}
