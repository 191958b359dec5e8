import DAGModel
import Foundation
import Testing
@testable import Operators

@Suite struct SigV4Tests {
    private struct Golden: Decodable {
        var method: String
        var key: String
        var path: String
        var query: [String: String]
        var headers: [String: String]
        var region: String
        var payload: String
        var token: String?
        var authorization: String
    }

    @Test func `signatures are those that botocore makes`() throws {
        let file = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().appending(
            path: "../Golden/sigv4.json")
        let cases = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))
        #expect(cases.count == 9)
        for golden in cases {
            let path = S3Encoding.path("/bucket" + (golden.key.isEmpty ? "" : "/\(golden.key)"))
            #expect(path == golden.path)
            var headers = golden.headers.map { (name: $0.key, value: $0.value) }
            headers += [
                ("host", "s3.example.org:9000"), ("X-Amz-Date", "20260131T030405Z"),
                ("X-Amz-Content-SHA256", golden.payload),
            ]
            if let token = golden.token { headers.append(("X-Amz-Security-Token", token)) }
            let signer = SigV4(accessKey: "AKIDEXAMPLE", secretKey: "secret/key+EXAMPLE", region: golden.region)
            let request = SigV4.Request(
                method: golden.method, path: path, query: S3Encoding.query(golden.query.map { ($0.key, $0.value) }),
                headers: headers, payload: golden.payload)
            let now = try #require(Instant(iso8601: "2026-01-31T03:04:05.678901Z"))
            #expect(signer.authorization(request, at: now) == golden.authorization)
        }
    }

    /// From "Signature Calculations for the Authorization Header" in Amazon's S3 API reference.
    @Test(arguments: [
        (
            "GET", "/test.txt", "", [("Range", "bytes=0-9")], SigV4Tests.empty,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
        (
            "PUT", "/test%24file.text", "",
            [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        ),
        (
            "GET", "/", "lifecycle=", [], SigV4Tests.empty,
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        ),
        (
            "GET", "/", "max-keys=2&prefix=J", [], SigV4Tests.empty,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        ),
    ])
    func `signatures are those that Amazon publishes`(
        method: String, path: String, query: String, headers: [(String, String)], payload: String, signature: String
    ) throws {
        let signer = SigV4(
            accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            region: "us-east-1")
        let all =
            headers + [
                ("Host", "examplebucket.s3.amazonaws.com"), ("x-amz-date", "20130524T000000Z"),
                ("x-amz-content-sha256", payload),
            ]
        let request = SigV4.Request(
            method: method, path: path, query: query, headers: all.map { (name: $0.0, value: $0.1) }, payload: payload)
        let authorization = signer.authorization(request, at: Instant(Day(2013, 5, 24)))
        #expect(authorization.hasSuffix("Signature=\(signature)"))
    }

    static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @Test func `names in listings are decoded as servers encode them`() {
        #expect(S3Encoding.decodeListed("a+b%2Bc%20d%e3%81%82/100%") == "a b+c dあ/100%")
    }
}
