/// How the private server runs: durable, quiet, small.
enum PostgresSettings {
    /// As `name=value`, for the server's command line, where they win over every file.
    static let options: [String] = [
        // Reached by its socket alone, which is its owner's alone. The path is relative to the data folder, so it is short.
        "listen_addresses=", "unix_socket_directories=../socket", "unix_socket_permissions=0700", "port=\(port)",
        "max_connections=30", "cluster_name=slipstream",
        // Durable.
        "fsync=on", "synchronous_commit=on", "full_page_writes=on", "recovery_init_sync_method=syncfs",
        // One machine, no replicas: the least WAL. Checkpoints are rare and gentle.
        "wal_level=minimal", "max_wal_senders=0", "wal_compression=on", "wal_buffers=4MB", "min_wal_size=128MB",
        "max_wal_size=1GB", "checkpoint_timeout=15min", "checkpoint_completion_target=0.9",
        // Small beside the work it shares the machine with.
        "shared_buffers=64MB", "work_mem=8MB", "maintenance_work_mem=64MB", "huge_pages=off", "jit=off",
        "max_worker_processes=4", "max_parallel_workers=2", "max_parallel_workers_per_gather=0", "random_page_cost=1.1",
        // Hot tables are small and change all the time: vacuum early, often, and without throttling them for minutes.
        "autovacuum=on", "autovacuum_max_workers=2", "autovacuum_naptime=15s", "autovacuum_vacuum_scale_factor=0.05",
        "autovacuum_vacuum_threshold=500", "autovacuum_analyze_scale_factor=0.05", "autovacuum_vacuum_cost_limit=1000",
        // English messages, which we read.
        "lc_messages=C", "log_min_messages=warning", "log_timezone=UTC", "timezone=UTC", "log_checkpoints=off",
        "logging_collector=off", "log_line_prefix=%m [%p] ",
    ]

    /// Only a part of the socket's name: nothing listens on the network.
    static let port = 5432
    static let superuser = "slipstream"
    static let database = "postgres"
}
