/// A type of the server that values are bound as: its OID and the OID of its array.
package struct PostgresType: Sendable, Hashable {
    package let oid: UInt32
    package let arrayOID: UInt32

    package init(oid: UInt32, arrayOID: UInt32) {
        self.oid = oid
        self.arrayOID = arrayOID
    }

    package static let bool = PostgresType(oid: 16, arrayOID: 1_000)
    package static let bytea = PostgresType(oid: 17, arrayOID: 1_001)
    package static let int8 = PostgresType(oid: 20, arrayOID: 1_016)
    package static let int2 = PostgresType(oid: 21, arrayOID: 1_005)
    package static let int4 = PostgresType(oid: 23, arrayOID: 1_007)
    package static let text = PostgresType(oid: 25, arrayOID: 1_009)
    package static let float8 = PostgresType(oid: 701, arrayOID: 1_022)
    package static let timestamptz = PostgresType(oid: 1_184, arrayOID: 1_185)
    package static let uuid = PostgresType(oid: 2_950, arrayOID: 2_951)
    package static let jsonb = PostgresType(oid: 3_802, arrayOID: 3_807)

    /// The name of a type in errors.
    static func name(of oid: UInt32) -> String { names[oid] ?? "type \(oid)" }

    private static let names: [UInt32: String] = [
        16: "boolean", 17: "bytea", 18: "\"char\"", 19: "name", 20: "bigint", 21: "smallint", 23: "integer", 25: "text",
        26: "oid", 114: "json", 700: "real", 701: "double precision", 1_000: "boolean[]", 1_001: "bytea[]",
        1_005: "smallint[]", 1_007: "integer[]", 1_009: "text[]", 1_015: "varchar[]", 1_016: "bigint[]",
        1_022: "double precision[]", 1_042: "character", 1_043: "varchar", 1_082: "date", 1_083: "time",
        1_114: "timestamp", 1_184: "timestamptz", 1_185: "timestamptz[]", 1_186: "interval", 1_700: "numeric",
        2_278: "void", 2_950: "uuid", 2_951: "uuid[]", 3_802: "jsonb", 3_807: "jsonb[]",
    ]
}
