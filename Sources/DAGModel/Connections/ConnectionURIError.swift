/// Why a text is not a connection URI.
///
/// ``description`` is for people and never repeats a part of the URI, because any part of a mistyped one can be the
/// password.
/// ``airflowText`` is Airflow's own sentence, which sometimes does.
package enum ConnectionURIError: Error, Hashable, Sendable {
    case empty
    /// More than one protocol for the host, or a user or port in front of it.
    case severalProtocols
    case unbalancedBrackets
    case bracketedIPv4
    case malformedFutureAddress
    case notAnAddress(String)
    case disguisedDelimiter(String)
    case portNotANumber(String)
    case portOutOfRange
    case tooManyDigits(Int)
    case extraNotJSON
    case extraNotAnObject
    case extraNotUnicode
}

extension ConnectionURIError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty: "the URI is empty; write it as type://login:password@host:port/schema?key=value"
        case .severalProtocols:
            "the URI has :// in the wrong place; a host may have one protocol of its own, as in http://https://host"
        case .unbalancedBrackets:
            "[ and ] must stand around an IPv6 address; percent-encode them in a password (%5B, %5D)"
        case .bracketedIPv4: "an IPv4 address stands between [ and ]; write it without them"
        case .malformedFutureAddress, .notAnAddress:
            "what stands between [ and ] is no IPv6 address; percent-encode brackets in a password (%5B, %5D)"
        case .disguisedDelimiter: "the host holds a character that looks like one of / ? # @ :; percent-encode it"
        case .portNotANumber: "the port is not a number; percent-encode / ? # @ : in the login and the password"
        case .portOutOfRange: "the port is not in the range 0 to 65535"
        case .tooManyDigits(let digits): "a number has \(digits) digits; at most \(PythonJSON.mostDigits) are read"
        case .extraNotJSON: "extra is not JSON; it must be a JSON object such as {\"region\": \"eu\"}"
        case .extraNotAnObject: "extra is JSON, but not an object such as {\"region\": \"eu\"}"
        case .extraNotUnicode: "extra holds half of a surrogate pair (\\ud800 to \\udfff), which is no character"
        }
    }

    /// The sentence with which Airflow 3.3 refuses the same URI. Never log it: it can repeat parts of the URI.
    package var airflowText: String {
        switch self {
        case .empty: ""
        case .severalProtocols: "Invalid connection string."
        case .unbalancedBrackets: "Invalid IPv6 URL"
        case .bracketedIPv4: "An IPv4 address cannot be in brackets"
        case .malformedFutureAddress: "IPvFuture address is invalid"
        case .notAnAddress(let text): "\(PythonText.quoted(text)) does not appear to be an IPv4 or IPv6 address"
        case .disguisedDelimiter(let text): "netloc '\(text)' contains invalid characters under NFKC normalization"
        case .portNotANumber(let text): "Port could not be cast to integer value as \(PythonText.quoted(text))"
        case .portOutOfRange: "Port out of range 0-65535"
        case .tooManyDigits(let digits):
            "Exceeds the limit (\(PythonJSON.mostDigits) digits) for integer string conversion: "
                + "value has \(digits) digits; use sys.set_int_max_str_digits() to increase the limit"
        case .extraNotJSON: "Encountered non-JSON in `extra` field for connection None."
        case .extraNotAnObject:
            "Encountered JSON value in `extra` which does not parse as a dictionary in connection None. "
                + "The `extra` field must contain a JSON representation of a Python dict."
        case .extraNotUnicode: "surrogates not allowed"
        }
    }
}
