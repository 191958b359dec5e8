internal import Glibc

extension KeyRing {
    /// Reads a key ring that must exist, belong to us or to root, and be readable by its owner alone.
    /// - Throws: ``KeyRingError``.
    package static func load(_ file: String) throws(KeyRingError) -> KeyRing {
        let content: RegularFile.Content
        do {
            content = try RegularFile.read(file, limit: 1 << 20)
        } catch {
            throw KeyRingError(file: file, reason: error.code == ENOENT ? missing : error.description)
        }
        guard content.mode & 0o077 == 0 else {
            throw KeyRingError(
                file: file, reason: "others may read it (mode \(octal(content.mode))); run chmod 600 on it")
        }
        guard content.owner == geteuid() || content.owner == 0 else {
            throw KeyRingError(file: file, reason: "belongs to another user (uid \(content.owner)); run chown on it")
        }
        guard let text = String(validating: content.bytes, as: UTF8.self) else {
            throw KeyRingError(file: file, reason: "is not a text in UTF-8")
        }
        return try KeyRing(text: text, file: file)
    }

    /// Creates a key ring with one new key, readable by its owner alone. A file that exists is never touched.
    /// - Throws: ``KeyRingError``, also where the file exists.
    package static func create(_ file: String) throws(KeyRingError) -> KeyRing {
        try write(header + newKeyLine(), to: file, replacing: false)
        return try load(file)
    }

    /// Loads the key ring, or creates it when there is none: for `dagctl standalone` alone, which owns its data folder.
    /// - Throws: ``KeyRingError``.
    package static func loadOrCreate(_ file: String) throws(KeyRingError) -> KeyRing {
        var status = stat()
        if stat(file, &status) == 0 { return try load(file) }
        do {
            return try create(file)
        } catch {
            // Another process may have created it just now.
            return try load(file)
        }
    }

    /// Puts a new key in front, which encrypts from now on; the old ones stay and decrypt.
    /// - Throws: ``KeyRingError``.
    package static func addKey(to file: String) throws(KeyRingError) -> KeyRing {
        let old = try load(file)
        let lines = old.keys.map { key in "\(key.id) \(key.base64)\n" }
        try write(header + newKeyLine() + lines.joined(), to: file, replacing: true)
        return try load(file)
    }

    private static func write(_ text: String, to file: String, replacing: Bool) throws(KeyRingError) {
        do {
            try RegularFile.write(Array(text.utf8), to: file, mode: 0o600, replacing: replacing)
        } catch {
            throw KeyRingError(file: file, reason: "cannot be written: \(error)")
        }
    }

    private static let header =
        "# Slipstream key ring: the first key encrypts, all decrypt. Without it, secrets are lost.\n"
    private static let missing =
        "does not exist; copy it from the host that sealed the secrets, or start dagctl standalone once to create one"

    private static func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }
}
