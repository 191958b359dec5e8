import DAGModel
import Testing

/// Outputs above 64 KiB: checksums, elements of lists, parts.
struct LargeOutputTests {
    /// FIPS 180-4's own examples, and the lengths around the padding's edges by sha256sum.
    @Test func `checksums are SHA-256`() {
        #expect(
            sha256Text(of: Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(sha256Text(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let known = [
            55: "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318",
            56: "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a",
            63: "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34",
            64: "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
            1_000_000: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        ]
        for (count, digest) in known {
            #expect(sha256Text(of: [UInt8](repeating: UInt8(ascii: "a"), count: count)) == digest, "\(count)")
        }
    }

    @Test(arguments: [
        ("[]", []), (" [ ] ", []), ("[1]", ["1"]),
        ("[1,{\"a\":[2,3]},\"x,]\\\"y\",[],null]", ["1", "{\"a\":[2,3]}", "\"x,]\\\"y\"", "[]", "null"]),
        (" [ 1 , [ 2 , 3 ] ] ", ["1", "[ 2 , 3 ]"]),
    ])
    func `the elements of a list are found`(_ json: String, _ expected: [String]) {
        let bytes = Array(json.utf8)
        let ranges = JSONElements.ranges(in: bytes)
        #expect(ranges?.map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
    }

    @Test(arguments: ["{\"a\":[1]}", "\"[1,2]\"", "12", "[1,2", "[1][2]", "", "[,1]", "[1,,2]"])
    func `what is no list has no elements`(_ json: String) {
        #expect(JSONElements.ranges(in: Array(json.utf8)) == nil)
    }

    /// A list whose elements have the lengths, and each element as JSON.
    private func list(_ lengths: [Int]) -> (json: [UInt8], elements: [String]) {
        let elements = lengths.enumerated().map { index, length in
            "\"\(index)" + String(repeating: "x", count: length) + "\""
        }
        return (Array("[\(elements.joined(separator: ","))]".utf8), elements)
    }

    /// The parts that a store would give for an element.
    private func parts(_ parts: [LargeOutput.Part], for index: Int) -> [LargeOutput.Part] {
        guard let first = parts.last(where: { ($0.firstElement ?? .max) <= index })?.number else { return [] }
        let last = parts.first { ($0.firstElement ?? -1) > index }?.number ?? parts.count - 1
        return Array(parts[first...last])
    }

    @Test(arguments: [
        Array(repeating: 5, count: 30_000), [200_000], [1, 200_000, 1, 65_530, 65_536, 1],
        Array(repeating: 65_533, count: 4),
        Array(repeating: 40_000, count: 9), [0, 140_000],
    ])
    func `a list is cut into parts of one length, and each element is found in few of them`(_ lengths: [Int]) {
        let (json, elements) = list(lengths)
        let (output, parts) = LargeOutput.cut(json)
        #expect(output.size == json.count)
        #expect(output.listLength == lengths.count)
        #expect(output.sha256 == sha256Text(of: json))
        #expect(output.partCount == parts.count)
        #expect(parts.dropLast().allSatisfy { $0.content.count == LargeOutput.partSize })
        #expect(Array(parts.map(\.content).joined()) == json)
        let indices = lengths.count > 100 ? [0, 1, 4_000, 7_281, 7_282, 29_998, 29_999] : Array(lengths.indices)
        for index in indices {
            let some = self.parts(parts, for: index)
            let found = LargeOutput.elements(from: index, in: some)
            #expect(found.first.map { String(decoding: $0, as: UTF8.self) } == elements[index])
            for (place, element) in found.enumerated() {
                #expect(String(decoding: element, as: UTF8.self) == elements[index + place])
            }
            #expect(LargeOutput.elements(from: index, in: some, limit: 1).count == 1)
        }
    }

    @Test func `what is no list is cut too`() {
        let json = Array(("\"" + String(repeating: "[1,", count: 50_000) + "\"").utf8)
        let (output, parts) = LargeOutput.cut(json)
        #expect(output.listLength == nil)
        #expect(parts.allSatisfy { $0.firstElement == nil && $0.firstOffset == nil })
        #expect(Array(parts.map(\.content).joined()) == json)
        #expect(LargeOutput.elements(from: 0, in: parts).isEmpty)
    }
}
