extension PostgresBinaries {
    /// The newest installation found where packages put them and in the PATH; nil when there is none.
    package static func newest(path: String?) -> PostgresBinaries? { installed(in: nil, path: path).found.first }
}
