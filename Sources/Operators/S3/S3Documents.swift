internal import FoundationEssentials
internal import HTTPClient
internal import XMLCoder

extension XMLDecoder {
    /// Keys may begin and end with white space.
    static var s3: XMLDecoder { XMLDecoder(trimValueWhitespaces: false) }
}

/// One object of a listing.
package struct S3Object: Sendable, Hashable {
    package var key: String
    /// In bytes.
    package var size: Int64
    /// Without its quotes.
    package var etag: String
}

/// The answer to ListObjectsV2.
struct ListDocument: Decodable {
    var contents: [Entry]?
    var isTruncated: Bool?
    var nextContinuationToken: String?
    var encodingType: String?

    struct Entry: Decodable {
        var key: String
        var size: Int64?
        var etag: String?

        private enum CodingKeys: String, CodingKey {
            case key = "Key"
            case size = "Size"
            case etag = "ETag"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case contents = "Contents"
        case isTruncated = "IsTruncated"
        case nextContinuationToken = "NextContinuationToken"
        case encodingType = "EncodingType"
    }

    var objects: [S3Object] {
        (contents ?? []).map { entry in
            S3Object(
                key: encodingType == "url" ? S3Encoding.decodeListed(entry.key) : entry.key, size: entry.size ?? 0,
                etag: entry.etag?.unquoted ?? "")
        }
    }
}

/// The answer to CreateMultipartUpload.
struct UploadDocument: Decodable {
    var uploadID: String

    private enum CodingKeys: String, CodingKey { case uploadID = "UploadId" }
}

/// The answer to ListParts.
struct PartsDocument: Decodable {
    var parts: [Part]?
    var isTruncated: Bool?
    var nextMarker: String?

    struct Part: Decodable {
        var number: Int
        var etag: String
        var size: Int64?

        private enum CodingKeys: String, CodingKey {
            case number = "PartNumber"
            case etag = "ETag"
            case size = "Size"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case parts = "Part"
        case isTruncated = "IsTruncated"
        case nextMarker = "NextPartNumberMarker"
    }
}

/// The answer to CopyObject, UploadPartCopy and CompleteMultipartUpload.
struct ResultDocument: Decodable {
    var etag: String?

    private enum CodingKeys: String, CodingKey { case etag = "ETag" }
}

/// The answer to DeleteObjects.
struct DeleteDocument: Decodable {
    var errors: [Failure]?

    struct Failure: Decodable {
        var key: String?
        var code: String?
        var message: String?

        private enum CodingKeys: String, CodingKey {
            case key = "Key"
            case code = "Code"
            case message = "Message"
        }
    }

    private enum CodingKeys: String, CodingKey { case errors = "Error" }
}

extension HTTPResponse {
    /// The body as one of the documents above.
    func document<Document: Decodable>(_ type: Document.Type, _ place: S3Location) throws -> Document {
        do {
            // Keys come percent-encoded; what some servers echo besides may hold characters that XML does not allow.
            return try XMLDecoder.s3.decode(
                type, from: Data(body.filter { $0 >= 0x20 || [0x09, 0x0A, 0x0D].contains($0) }))
        } catch {
            throw OperatorError("\(place): the server's answer is not the expected XML; is the endpoint an S3 server?")
        }
    }
}

extension String {
    /// Without the quotes around an entity tag.
    var unquoted: String { filter { $0 != "\"" } }

    /// With the characters that XML reserves written as entities.
    var xmlEscaped: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "\r": text += "&#13;"
            case "\n": text += "&#10;"
            case "\t": text += "&#9;"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
