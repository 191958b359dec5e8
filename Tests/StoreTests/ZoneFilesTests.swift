import DAGModel
import Store
import Testing

struct ZoneFilesTests {
    @Test(arguments: ["Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "UTC"])
    func `zones of the system are read`(name: String) throws {
        #expect(try ZoneFiles().zone(name).name == name)
    }

    @Test(arguments: ["", "/etc/passwd", "../../etc/passwd", "Europe/../zone", "Europe//Berlin", "Europe/", "-x", "ü"])
    func `a name that could lead out of the folder is refused`(name: String) {
        #expect(throws: TimeZoneError.self) { try ZoneFiles().zone(name) }
    }

    @Test(arguments: ["Europe/Atlantis", "Europe", "tzdata", "zone1970"])
    func `a zone that does not exist is a sentence with its name`(name: String) throws {
        let error = try #require(throws: TimeZoneError.self) { try ZoneFiles().zone(name) }
        #expect(error.description.contains("\"\(name)\""))
    }
}
