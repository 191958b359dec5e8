import Testing

@testable import Worker

@Suite
struct SecretMaskTests {
    private func masked(_ parts: [String], _ secrets: [String]) -> String {
        var mask = SecretMask()
        mask.add(secrets)
        let shown = parts.flatMap { mask.mask(Array($0.utf8)) } + mask.finish()
        return String(decoding: shown, as: UTF8.self)
    }

    @Test func `a secret is replaced wherever it is cut`() {
        let text = "user=ada password=s3cret! end"
        for cut in text.indices {
            let parts = [String(text[..<cut]), String(text[cut...])]
            #expect(masked(parts, ["s3cret!"]) == "user=ada password=*** end")
        }
        #expect(masked(text.map(String.init), ["s3cret!"]) == "user=ada password=*** end")
    }

    @Test func `what only begins like a secret is shown`() {
        #expect(masked(["pass", "word", "s3cre"], ["s3cret!"]) == "passwords3cre")
        #expect(masked(["s3s3s3cret!"], ["s3cret!"]) == "s3s3***")
    }

    @Test func `the longer of two secrets wins`() {
        #expect(masked(["ab", "cdefgh "], ["abcd", "abcdefgh"]) == "*** ")
        #expect(masked(["ab", "cdefg "], ["abcd", "abcdefgh"]) == "***efg ")
    }

    @Test func `base64 and URL forms are masked, whatever stands around them`() {
        let secret = "käse & brot"
        for around in ["", "x", "xy", "xyz"] {
            let encoded = base64(around + secret + "tail")
            let shown = masked(["Authorization: Basic \(encoded)"], [secret])
            #expect(shown.contains("***"))
            #expect(!shown.contains(base64(secret).dropFirst(4).dropLast(4)))
        }
        #expect(masked(["https://a/?p=k%C3%A4se%20%26%20brot"], [secret]) == "https://a/?p=***")
        #expect(masked(["p=k%C3%A4se+%26+brot"], [secret]) == "p=***")
        #expect(masked([#"{"p":"a\"b\\c"}"#], [#"a"b\c"#]) == #"{"p":"***"}"#)
    }

    @Test func `a secret too short to tell from text is left`() {
        #expect(masked(["abc abc"], ["abc", ""]) == "abc abc")
    }

    @Test func `without secrets the bytes pass as they are`() {
        #expect(masked(["anything"], []) == "anything")
    }

    @Test func `passwords and sensitive extras of a connection are secret, the rest is not`() {
        let json =
            #"{"login":"ada","password":"pw12","extra":{"aws_secret_access_key":"key1","endpoint_url":"http://x","nested":{"token":["t111"]}}}"#
        #expect(Set(ConnectionSecrets.secrets(in: Array(json.utf8))) == ["pw12", "key1", "t111"])
    }

    private func base64(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: 3).map { start in
            let group = bytes[start..<min(start + 3, bytes.count)]
            let number = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            let letters = (0..<4).map { String(alphabet[number >> (18 - 6 * $0) & 63]) }
            return letters.prefix(group.count + 1).joined() + String(repeating: "=", count: 3 - group.count)
        }.joined()
    }
}
