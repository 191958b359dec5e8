/// Why the private PostgreSQL could not be started; each a sentence with what to do.
package enum EmbeddedPostgresError: Error, Hashable, Sendable, CustomStringConvertible {
    case notInstalled(searched: [String])
    /// The data was written by another major version.
    case wrongVersion(data: Int, installed: [Int], folder: String)
    case tooOld(Int, folder: String)
    /// Another live process has the data folder.
    case inUse(folder: String, process: String)
    case foreignOwner(folder: String, uid: UInt32)
    case noServerUser
    case diskFull(folder: String)
    /// Something else stands where our folder or socket has to be.
    case blocked(path: String, reason: String)
    case leftoverServer(process: Int32, folder: String)
    case failed(what: String, reason: String, log: String)
    case stopped

    package var description: String {
        switch self {
        case .notInstalled(let searched):
            "PostgreSQL is not installed: no initdb and postgres in \(searched.joined(separator: ", ")); "
                + "run sudo apt-get install postgresql, or set SLIPSTREAM_DATABASE_URL to a database of your own"
        case .wrongVersion(let data, let installed, let folder):
            "the data in \(folder) was written by PostgreSQL \(data), but only "
                + "\(installed.map(String.init).joined(separator: ", ")) is installed; "
                + "run sudo apt-get install postgresql-\(data), or move the data over with pg_upgrade"
        case .tooOld(let version, let folder):
            "PostgreSQL \(version) in \(folder) is too old; install version \(PostgresBinaries.oldest) or newer"
        case .inUse(let folder, let process):
            "the data folder \(folder) is in use by another dagctl (process \(process)); stop it or use another folder"
        case .foreignOwner(let folder, let uid):
            "\(folder) belongs to another user (uid \(uid)); run dagctl as that user, or chown the folder"
        case .noServerUser:
            "PostgreSQL does not run as root, and there is neither a user postgres nor nobody; run dagctl as another user"
        case .diskFull(let folder): "the disk of \(folder) is full; make room and start again"
        case .blocked(let path, let reason): "\(path): \(reason)"
        case .leftoverServer(let process, let folder):
            "a PostgreSQL left over in \(folder) (process \(process)) does not stop; end it with kill -QUIT \(process)"
        case .failed(let what, let reason, let log): "\(what) failed: \(reason); its log is \(log)"
        case .stopped: "PostgreSQL was stopped while it started"
        }
    }
}
