/// Which texts are IP addresses, by the rules of Python's `ipaddress`.
enum IPAddressText {
    /// What may stand between `[` and `]` in a URL: an IPv6 address, or a future form `v1.x`.
    static func checkBracketed(_ text: String) throws(ConnectionURIError) {
        if text.utf8.first == UInt8(ascii: "v") {
            guard isFutureAddress(Bytes(text)) else { throw .malformedFutureAddress }
        } else if isIPv4(Bytes(text)) {
            throw .bracketedIPv4
        } else if !isIPv6(Bytes(text)) {
            throw .notAnAddress(text)
        }
    }

    private static func isFutureAddress(_ text: Bytes) -> Bool {
        guard let (version, address) = Bytes(text.dropFirst()).split(atFirst: ".") else { return false }
        return !version.isEmpty && version.allSatisfy { $0.hexDigitValue != nil } && !address.isEmpty
    }

    static func isIPv4(_ text: Bytes) -> Bool {
        let octets = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return octets.count == 4
            && octets.allSatisfy { octet in
                guard (1...3).contains(octet.count), octet.allSatisfy(\.isASCIIDigit) else { return false }
                return (octet.count == 1 || octet.first != UInt8(ascii: "0")) && (Int(Bytes(octet).text) ?? 256) <= 255
            }
    }

    static func isIPv6(_ text: Bytes) -> Bool {
        var address = text
        if let (before, zone) = text.split(atFirst: "%") {
            guard !zone.isEmpty, !zone.contains("%") else { return false }
            address = before
        }
        return isUnscopedIPv6(address)
    }

    private static func isUnscopedIPv6(_ text: Bytes) -> Bool {
        var parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { Bytes($0) }
        guard parts.count >= 3 else { return false }
        if let last = parts.last, last.contains(".") {
            guard isIPv4(last) else { return false }
            parts.replaceSubrange((parts.count - 1)..., with: [Bytes("0"), Bytes("0")])
        }
        guard parts.count <= 9 else { return false }
        return hasRightGaps(parts) && parts.allSatisfy { $0.count <= 4 && $0.allSatisfy { $0.hexDigitValue != nil } }
    }

    /// Eight groups, or fewer with exactly one `::`; a leading or trailing colon only as part of it.
    private static func hasRightGaps(_ parts: [Bytes]) -> Bool {
        let gaps = (1..<(parts.count - 1)).filter { parts[$0].isEmpty }
        guard gaps.count <= 1 else { return false }
        let leading = parts[0].isEmpty
        let trailing = parts[parts.count - 1].isEmpty
        guard let gap = gaps.first else { return parts.count == 8 && !leading && !trailing }
        if leading && gap != 1 { return false }
        if trailing && gap != parts.count - 2 { return false }
        let high = gap - (leading ? 1 : 0)
        let low = parts.count - gap - 1 - (trailing ? 1 : 0)
        return high + low < 8
    }
}
