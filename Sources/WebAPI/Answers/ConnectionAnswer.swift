internal import DAGModel
internal import Store

extension Connection {
    /// Airflow's `ConnectionResponse`. Every secret is `***`: no answer has a field that holds one.
    var answer: JSONValue {
        let masked = masked
        return .object([
            "connection_id": .string(id), "conn_type": .string(type), "description": .text(description),
            "host": .text(host),
            "login": .text(login), "schema": .text(schema), "port": .number(port), "password": .text(masked.password),
            "extra": .text(masked.extra), "team_name": .null,
        ])
    }
}

extension ImportErrorRecord {
    /// Airflow's `ImportErrorResponse`, and where in the file the error is.
    var answer: JSONValue {
        let place = line > 0 ? "\(file):\(line):\(column): " : "\(file): "
        return .object([
            "import_error_id": .int(id), "bundle_name": .string(bundle), "filename": .string(file),
            "stack_trace": .string(place + message), "timestamp": .time(createdAt), "message": .string(message),
            "line": .number(line), "column": .number(column), "bundle_version": .string(commit),
        ])
    }

    /// The same for the same error: it has no number of its own.
    var id: Int64 {
        let hash = fingerprint(of: "\(bundle)\n\(file)\n\(line)\n\(column)\n\(message)".utf8)
        return Int64(hash.prefix(7), radix: 16) ?? 0
    }
}

extension BundleRecord {
    var answer: JSONValue {
        .object([
            "name": .string(name), "source": .string(source), "bundle_version": .text(commit),
            "synced_at": .time(syncedAt), "error": .text(error),
        ])
    }
}
