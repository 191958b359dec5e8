/// The `extra` of a connection: a JSON object, some of whose values are secrets.
package enum ConnectionExtra {
    /// Reads the text of an extra.
    /// - Throws: ``ConnectionURIError`` where it is no JSON object.
    package static func parse(_ text: String) throws(ConnectionURIError) -> PythonJSON.Object {
        do {
            guard case .object(let object) = try PythonJSON(text: text) else {
                throw ConnectionURIError.extraNotAnObject
            }
            return object
        } catch let error as PythonJSON.SyntaxError {
            switch error.problem {
            case .tooManyDigits(let digits): throw .tooManyDigits(digits)
            case .loneSurrogate: throw .extraNotUnicode
            default: throw .extraNotJSON
            }
        } catch {
            throw .extraNotAnObject
        }
    }

    /// What stands in place of a secret that is not shown.
    package static let mask = "***"

    /// Whether Airflow hides the value under this key: a key that contains one of ``secretWords``, upper or lower case,
    /// with anything but letters and digits between the words.
    package static func isSecret(key: String) -> Bool {
        let normalised = normalise(key)
        return secretWords.contains { !normalised.occurrences(of: Bytes($0)).isEmpty }
    }

    /// Airflow's default list of words that make a key secret.
    package static let secretWords = [
        "access_key", "access_token", "api_key", "apikey", "auth_header", "authorization", "bearer",
        "connection_string", "dsn", "keyfile_dict", "passphrase", "passwd", "password", "private_key", "proxies",
        "proxy", "proxy_password", "secret", "service_account", "service_key", "token", "webhook_url",
    ]

    private static func normalise(_ key: String) -> Bytes {
        var result = Bytes()
        for scalar in PythonText.lowercase(key).unicodeScalars {
            if PythonText.isWord(scalar) {
                result += Bytes(String(scalar))
            } else if result.last != UInt8(ascii: "_") {
                result.append(UInt8(ascii: "_"))
            }
        }
        return result
    }

    /// The extra with ``mask`` in place of every secret, at any depth.
    package static func masked(_ object: PythonJSON.Object) -> PythonJSON.Object {
        var result = PythonJSON.Object()
        for (name, value) in object.members { result[name] = masked(value, secret: isSecret(key: name)) }
        return result
    }

    private static func masked(_ value: PythonJSON, secret: Bool) -> PythonJSON {
        switch value {
        case .object(let object) where secret:
            .object(object.mapValues { masked($0, secret: true) })
        case .object(let object): .object(masked(object))
        case .array(let values): .array(values.map { masked($0, secret: secret) })
        case .null: value
        default: secret ? .string(mask) : value
        }
    }
}
