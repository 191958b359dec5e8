public import DAGModel

// Everything about places in S3 is written `s3://bucket/key`. Files are relative to the run's work folder, which the tasks of a run
// share on one machine; with several workers, data travels between tasks through S3.

/// Lists the keys in a bucket that begin with a prefix, sorted.
///
/// ```swift
/// let keys = task("list_strain", S3List(bucket: "raw", prefix: "strain/\(.ds)/", connection: "minio"))
/// ```
public struct S3List: BuiltInOperator {
    public typealias Value = [String]
    public static let operatorType = "s3_list"

    public var bucket: Template
    public var prefix: Template
    public var connection: String

    /// - Parameters:
    ///   - prefix: Defaults to none: all keys.
    ///   - connection: The id of a connection of type `aws`. Defaults to `aws_default`.
    public init(bucket: Template, prefix: Template = "", connection: String = "aws_default") {
        self.bucket = bucket
        self.prefix = prefix
        self.connection = connection
    }

    public var uses: [Use] { [.connection(connection)] }
}

/// Uploads a file, or a folder with all that is below it, and gives the place as `s3://bucket/key`.
///
/// An object appears whole and checked, or not at all. Its metadata `sha256` holds the digest of its content.
public struct S3Upload: BuiltInOperator {
    public typealias Value = String
    public static let operatorType = "s3_upload"

    public var file: Template
    public var to: Template
    public var connection: String

    /// - Parameters:
    ///   - file: A file or a folder; relative to the run's work folder.
    ///   - to: The object's place. Where it ends with a slash, the file's name is added; of a folder it is the prefix.
    ///   - connection: The id of a connection of type `aws`. Defaults to `aws_default`.
    public init(file: Template, to: Template, connection: String = "aws_default") {
        self.file = file
        self.to = to
        self.connection = connection
    }

    public var uses: [Use] { [.connection(connection)] }
}

/// Downloads an object, or all objects under a prefix, and gives the absolute path of the file or folder.
///
/// A file appears whole and checked, or not at all.
public struct S3Download: BuiltInOperator {
    public typealias Value = String
    public static let operatorType = "s3_download"

    public var from: Template
    public var to: Template
    public var connection: String

    /// - Parameters:
    ///   - from: An object, or, where it ends with a slash, the prefix of many.
    ///   - to: A file, or for a prefix a folder; relative to the run's work folder. Folders are made as needed.
    ///   - connection: The id of a connection of type `aws`. Defaults to `aws_default`.
    public init(from: Template, to: Template, connection: String = "aws_default") {
        self.from = from
        self.to = to
        self.connection = connection
    }

    public var uses: [Use] { [.connection(connection)] }
}

/// Copies an object, or all objects under a prefix, within one server, and gives the new place.
public struct S3Copy: BuiltInOperator {
    public typealias Value = String
    public static let operatorType = "s3_copy"

    public var from: Template
    public var to: Template
    public var connection: String

    /// - Parameters:
    ///   - from: An object, or, where it ends with a slash, the prefix of many.
    ///   - to: The new key; where it ends with a slash, the names below `from` are added.
    ///   - connection: The id of a connection of type `aws`. Defaults to `aws_default`.
    public init(from: Template, to: Template, connection: String = "aws_default") {
        self.from = from
        self.to = to
        self.connection = connection
    }

    public var uses: [Use] { [.connection(connection)] }
}

/// Deletes objects and gives their number. An object that does not exist is fine, and counted.
public struct S3Delete: BuiltInOperator {
    public typealias Value = Int
    public static let operatorType = "s3_delete"

    public var places: [Template]
    public var connection: String

    /// - Parameters:
    ///   - places: Objects, or, where they end with a slash, the prefixes of all objects to delete. A bucket alone is refused.
    ///   - connection: The id of a connection of type `aws`. Defaults to `aws_default`.
    public init(_ places: Template..., connection: String = "aws_default") {
        self.places = places
        self.connection = connection
    }

    public var uses: [Use] { [.connection(connection)] }
}

/// Waits until an object exists and gives its place. While it waits it holds neither a process nor a slot; in the mode `.reschedule` it does
/// not need a worker either.
///
/// A server that cannot be reached for a while is waited for too; a missing bucket or a wrong key is an error at once. When the
/// time is over the task fails without a retry, as Airflow's `AirflowSensorTimeout`.
public struct S3KeySensor: BuiltInOperator {
    public typealias Value = String
    public static let operatorType = "s3_key_sensor"

    public var key: Template
    /// Seconds from one look to the next.
    public var pokeInterval: Double
    /// Seconds until the task gives up.
    public var timeout: Double
    public var softFail: Bool
    public var connection: String
    /// nil for `.poke`.
    public var mode: SensorMode?
    /// nil for false.
    public var exponentialBackoff: Bool?
    /// Seconds; nil for no limit.
    public var maxWait: Double?

    /// - Parameters:
    ///   - key: An object; where it ends with a slash, any object under that prefix.
    ///   - pokeInterval: Defaults to a minute.
    ///   - timeout: Defaults to 7 days.
    ///   - softFail: Whether the task is skipped, not failed, when the time is over. Defaults to false.
    ///   - mode: Whether the worker keeps the sensor from one look to the next (`.poke`) or the scheduler does (`.reschedule`).
    ///     Defaults to `.poke`.
    ///   - exponentialBackoff: Whether the interval doubles with each look, with Airflow's jitter. Defaults to false.
    ///   - maxWait: The longest interval then. Defaults to no limit.
    ///   - connection: The id of a connection of type `aws`. Defaults to `aws_default`.
    public init(
        _ key: Template, pokeInterval: Duration = .seconds(60), timeout: Duration = .seconds(7 * 86_400),
        softFail: Bool = false, mode: SensorMode = .poke, exponentialBackoff: Bool = false, maxWait: Duration? = nil,
        connection: String = "aws_default"
    ) {
        self.key = key
        self.pokeInterval = pokeInterval.inSeconds
        self.timeout = timeout.inSeconds
        self.softFail = softFail
        // What is not said is left out, so that documents keep their bytes.
        self.mode = mode == .poke ? nil : mode
        self.exponentialBackoff = exponentialBackoff ? true : nil
        self.maxWait = maxWait?.inSeconds
        self.connection = connection
    }

    public var uses: [Use] { [.connection(connection)] }
}
