/// The SHA-256 of bytes as hexadecimal digits. DAGKit, which needs it, has no dependencies; who has swift-crypto uses that.
///
/// Source: FIPS 180-4, section 6.2.
public func sha256Text(of bytes: [UInt8]) -> String {
    var words: [UInt32] = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    let whole = bytes.count / 64 * 64
    let last = lastBlocks(Array(bytes[whole...]), count: bytes.count)
    // Pointers, because megabytes go through this in debug builds too.
    words.withUnsafeMutableBufferPointer { words in
        roundConstants.withUnsafeBufferPointer { constants in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
                func absorb(_ blocks: UnsafeBufferPointer<UInt8>, _ count: Int) {
                    var start = 0
                    while start < count {
                        fill(schedule, blocks, start)
                        mix(schedule, constants, into: words)
                        start &+= 64
                    }
                }
                bytes.withUnsafeBufferPointer { absorb($0, whole) }
                last.withUnsafeBufferPointer { absorb($0, last.count) }
            }
        }
    }
    return words.map { word in
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
}

private let roundConstants: [UInt32] = [
    0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4, 0xAB1C_5ED5,
    0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE, 0x9BDC_06A7, 0xC19B_F174,
    0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F, 0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA,
    0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7, 0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967,
    0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC, 0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85,
    0xA2BF_E8A1, 0xA81A_664B, 0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070,
    0x19A4_C116, 0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
    0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7, 0xC671_78F2,
]

/// What is left of the message after its whole blocks, padded.
private func lastBlocks(_ rest: [UInt8], count: Int) -> [UInt8] {
    let length = UInt64(count) * 8
    return rest + [0x80] + [UInt8](repeating: 0, count: (119 - rest.count) % 64)
        + (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(56 - 8 * $0)) }
}

private func fill(
    _ schedule: UnsafeMutableBufferPointer<UInt32>, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int
) {
    var (place, from) = (0, start)
    while place < 16 {
        let high = UInt32(bytes[from]) &<< 24 | UInt32(bytes[from &+ 1]) &<< 16
        schedule[place] = high | UInt32(bytes[from &+ 2]) &<< 8 | UInt32(bytes[from &+ 3])
        (place, from) = (place &+ 1, from &+ 4)
    }
    while place < 64 {
        let (near, far) = (schedule[place &- 2], schedule[place &- 15])
        let sigma0 = (far &>> 7 | far &<< 25) ^ (far &>> 18 | far &<< 14) ^ far &>> 3
        let sigma1 = (near &>> 17 | near &<< 15) ^ (near &>> 19 | near &<< 13) ^ near &>> 10
        schedule[place] = schedule[place &- 16] &+ sigma0 &+ schedule[place &- 7] &+ sigma1
        place &+= 1
    }
}

private func mix(
    _ schedule: UnsafeMutableBufferPointer<UInt32>, _ constants: UnsafeBufferPointer<UInt32>,
    into words: UnsafeMutableBufferPointer<UInt32>
) {
    var a = words[0]
    var b = words[1]
    var c = words[2]
    var d = words[3]
    var e = words[4]
    var f = words[5]
    var g = words[6]
    var h = words[7]
    var round = 0
    while round < 64 {
        let sum1 = (e &>> 6 | e &<< 26) ^ (e &>> 11 | e &<< 21) ^ (e &>> 25 | e &<< 7)
        let first = h &+ sum1 &+ ((e & f) ^ (~e & g)) &+ constants[round] &+ schedule[round]
        let sum0 = (a &>> 2 | a &<< 30) ^ (a &>> 13 | a &<< 19) ^ (a &>> 22 | a &<< 10)
        let second = sum0 &+ ((a & b) ^ (a & c) ^ (b & c))
        h = g
        g = f
        f = e
        e = d &+ first
        d = c
        c = b
        b = a
        a = first &+ second
        round &+= 1
    }
    words[0] &+= a
    words[1] &+= b
    words[2] &+= c
    words[3] &+= d
    words[4] &+= e
    words[5] &+= f
    words[6] &+= g
    words[7] &+= h
}
