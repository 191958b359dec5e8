-- Who leads. The one row is taken over by raising its epoch; every tick begins by sharing a lock on it.
CREATE TABLE leader (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    epoch bigint NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    renewed_at timestamptz NOT NULL,
    -- SHA-256 of the token that workers show; it also lets them ask the API for the address.
    worker_token bytea NOT NULL DEFAULT ''
);
INSERT INTO leader VALUES (true, 0, '', '', '-infinity');

-- Raises an error unless `expected` still is the epoch of the leader: the first statement of each tick.
CREATE FUNCTION assert_leader(expected bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM leader WHERE epoch = expected FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another scheduler leads' USING ERRCODE = 'SL001';
    END IF;
END $$;

-- Raises an error: a row that a tick changes is in none of the states that the scheduler knows it in. Its run is the detail.
CREATE FUNCTION row_mismatch(run bigint, task_id text, map_index integer, actual text, old_state text, new_state text)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'task instance % (map index %) is %, and was to go from % to %',
        task_id, map_index, actual, old_state, new_state
        USING ERRCODE = 'SL002', DETAIL = run::text;
END $$;

CREATE TABLE bundle (
    name text PRIMARY KEY,
    source text NOT NULL,
    commit_id text,
    synced_at timestamptz,
    error text
);

CREATE TABLE import_error (
    bundle text NOT NULL,
    file text NOT NULL,
    line integer NOT NULL,
    "column" integer NOT NULL,
    message text NOT NULL,
    commit_id text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (bundle, file, line, "column", message)
);

CREATE TABLE dag (
    dag_id text PRIMARY KEY,
    bundle text NOT NULL,
    file text NOT NULL,
    version_id bigint NOT NULL,
    is_paused boolean NOT NULL,
    -- Why the scheduler paused the DAG, for people; null when a person did.
    pause_reason text,
    -- The file is in the newest commit. A DAG that is gone keeps its runs and gets no new ones.
    is_present boolean NOT NULL,
    -- The first time the scheduler saw the DAG: where schedules without a start begin.
    first_seen_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE dag_version (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dag_id text NOT NULL,
    number integer NOT NULL,
    bundle text NOT NULL,
    file text NOT NULL,
    commit_id text NOT NULL,
    artifact text NOT NULL,
    files text NOT NULL,
    fingerprint text NOT NULL,
    document text NOT NULL,
    -- Those of the document, for the statement that creates runs; null for most.
    deadlines jsonb,
    created_at timestamptz NOT NULL,
    UNIQUE (dag_id, number),
    UNIQUE (dag_id, artifact, files)
);

CREATE TABLE artifact (
    hash text PRIMARY KEY,
    bytes bytea NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE dag_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dag_id text NOT NULL,
    run_id text NOT NULL,
    version_id bigint NOT NULL,
    run_type text NOT NULL,
    state text NOT NULL,
    logical_date timestamptz,
    data_interval_start timestamptz,
    data_interval_end timestamptz,
    run_after timestamptz NOT NULL,
    queued_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    params text NOT NULL,
    triggered_by text NOT NULL,
    note text,
    -- What a person asked for and the leader has not done yet.
    is_cancel_requested boolean NOT NULL DEFAULT false,
    -- How a run that a person marked ends when its teardowns have run.
    ends_as text,
    -- The backfill that made the run, or had it begin again last, and the run's place in it.
    backfill bigint,
    backfill_ordinal integer,
    -- Raised by every change that does not come from the leader; a tick writes only to runs whose revision it knows.
    revision bigint NOT NULL DEFAULT 0,
    UNIQUE (dag_id, run_id),
    UNIQUE (dag_id, logical_date)
) WITH (fillfactor = 80);
CREATE INDEX dag_run_of_dag ON dag_run (dag_id, id);
CREATE INDEX dag_run_by_time ON dag_run (dag_id, run_after, id);
CREATE INDEX dag_run_unfinished ON dag_run (id) WHERE state IN ('queued', 'running');
CREATE INDEX dag_run_of_backfill ON dag_run (backfill) WHERE backfill IS NOT NULL;
-- For the retention: the history of a DAG, the oldest first.
CREATE INDEX dag_run_ended ON dag_run (dag_id, ended_at, id) WHERE state IN ('success', 'failed');

-- The tasks that had an instance in a run that was removed, and the earliest logical date of such a run: dependsOnPast asks whether a task
-- ever ran.
CREATE TABLE past_task (
    dag_id text NOT NULL,
    task_id text NOT NULL,
    first_date timestamptz NOT NULL,
    PRIMARY KEY (dag_id, task_id)
);

CREATE TABLE backfill (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dag_id text NOT NULL,
    -- All its runs are pinned to this version.
    version_id bigint NOT NULL,
    from_date timestamptz NOT NULL,
    to_date timestamptz NOT NULL,
    reprocess_behavior text NOT NULL,
    is_reversed boolean NOT NULL,
    max_active_runs integer NOT NULL CHECK (max_active_runs > 0),
    -- The tasks that its runs do, with their setups and teardowns; null for all.
    task_ids text[],
    -- A JSON object; null when none were given.
    params text,
    -- Whether runs that begin again go over to its version.
    moves_to_version boolean NOT NULL,
    triggered_by text NOT NULL,
    is_paused boolean NOT NULL DEFAULT false,
    -- Ended before its time: what has not begun never will.
    is_cancelled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    completed_at timestamptz
);
CREATE INDEX backfill_of_dag ON backfill (dag_id, id);
CREATE INDEX backfill_unfinished ON backfill (id) WHERE completed_at IS NULL;

-- The dates of a backfill. A date without a run and without a reason waits for its turn.
CREATE TABLE backfill_date (
    backfill bigint NOT NULL,
    ordinal integer NOT NULL,
    logical_date timestamptz NOT NULL,
    data_interval_start timestamptz NOT NULL,
    data_interval_end timestamptz NOT NULL,
    run_after timestamptz NOT NULL,
    run bigint,
    -- Why there is no run of the backfill for it.
    reason text,
    PRIMARY KEY (backfill, ordinal)
) WITH (fillfactor = 80);
CREATE INDEX backfill_date_waiting ON backfill_date (backfill, ordinal) WHERE run IS NULL AND reason IS NULL;

CREATE TABLE task_instance (
    run bigint NOT NULL,
    task_id text NOT NULL,
    map_index integer NOT NULL,
    state text NOT NULL,
    try_number integer NOT NULL,
    max_tries integer NOT NULL,
    losses integer NOT NULL,
    -- The attempt that may report: null when none is executing.
    attempt bigint,
    token bytea,
    worker text,
    pid integer,
    queued_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    -- When the next attempt is due.
    retry_at timestamptz,
    -- Why the instance is in its state, for people.
    reason text,
    -- What tasks mapped over the output, or downstream of a branch, need to know.
    list_length integer,
    steering text,
    -- What people call the instance of a mapped task.
    map_index_name text,
    -- What the instance waits for, or waited for last in this try, with what its attempt saved: JSON.
    wait text,
    -- Of that: poke, time, event or person.
    wait_kind text,
    -- The event that it waits for now.
    wait_key text,
    PRIMARY KEY (run, task_id, map_index)
) WITH (fillfactor = 70);
-- Columns that only change for tasks that wait: the others pay nothing for these.
CREATE INDEX task_instance_waiting_for_event ON task_instance (wait_key) WHERE wait_key IS NOT NULL;
CREATE INDEX task_instance_asked ON task_instance (run) WHERE wait_kind = 'person';

-- The last event of each key that was sent; kept for a week.
CREATE TABLE event (
    key text PRIMARY KEY,
    data text NOT NULL,
    sent_at timestamptz NOT NULL
);

-- By when a run is to have ended well; written with the run.
CREATE TABLE deadline (
    run bigint NOT NULL,
    index integer NOT NULL,
    name text,
    deadline_at timestamptz NOT NULL,
    -- pending, met or missed.
    state text NOT NULL DEFAULT 'pending',
    PRIMARY KEY (run, index)
);
CREATE INDEX deadline_pending ON deadline (deadline_at) WHERE state = 'pending';

-- The outbox: what happened for which a DAG file has a callback, from the transaction that commits it until the callback has run, and after
-- that for people. Only written to by runs of DAGs that have callbacks.
CREATE TABLE callback (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dedupe_key text NOT NULL UNIQUE,
    run bigint NOT NULL,
    version_id bigint NOT NULL,
    kind text NOT NULL,
    -- Null for the run as a whole.
    task_id text,
    map_index integer NOT NULL,
    try_number integer NOT NULL,
    -- The state that the instance or the run came to, why, and by which attempt.
    new_state text NOT NULL,
    reason text,
    ended_attempt bigint,
    deadline_index integer,
    deadline_at timestamptz,
    happened_at timestamptz NOT NULL,
    -- pending, running, success or failed.
    state text NOT NULL DEFAULT 'pending',
    calls integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    -- One for each call, and where it was made; their logs are kept under them.
    attempts bigint[] NOT NULL DEFAULT '{}',
    workers text[] NOT NULL DEFAULT '{}',
    token bytea,
    error text,
    ended_at timestamptz
);
CREATE INDEX callback_unfinished ON callback (state, due_at) WHERE state IN ('pending', 'running');
CREATE INDEX callback_of_run ON callback (run);
CREATE INDEX callback_of_attempt ON callback USING gin (attempts);

-- Data that tasks update and DAGs wait for. Rows stay when no DAG names them any more: their events do.
CREATE TABLE asset (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    uri text NOT NULL,
    group_name text NOT NULL,
    -- A JSON object.
    extra text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (name, uri)
);

-- Who names an asset in the current version of its DAG.
CREATE TABLE asset_reference (
    dag_id text NOT NULL,
    -- schedule, outlet or inlet.
    kind text NOT NULL,
    -- Empty for a schedule.
    task_id text NOT NULL,
    asset bigint NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (dag_id, kind, task_id, asset)
);
CREATE INDEX asset_reference_of_asset ON asset_reference (asset, kind);

-- Updates of assets; append-only.
CREATE TABLE asset_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asset bigint NOT NULL,
    -- A JSON object.
    extra text NOT NULL,
    created_at timestamptz NOT NULL,
    -- The task instance that made it; null when somebody told of it.
    source_run bigint,
    source_dag_id text,
    source_run_id text,
    source_task_id text,
    source_map_index integer NOT NULL DEFAULT -1,
    source_try_number integer
);
-- One for each try, however often a tick is written.
CREATE UNIQUE INDEX asset_event_source
    ON asset_event (source_run, source_task_id, source_map_index, source_try_number, asset) WHERE source_run IS NOT NULL;
CREATE INDEX asset_event_of_asset ON asset_event (asset, id);

-- Updates that no run of a DAG that waits for the asset has taken yet. The transaction that makes the run takes them out.
CREATE TABLE asset_queue (
    dag_id text NOT NULL,
    event bigint NOT NULL,
    asset bigint NOT NULL,
    -- It helps to cause a run. One that came while the DAG was paused, or that a person took out of the queue, only belongs to the next.
    is_counted boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (dag_id, event)
);
CREATE INDEX asset_queue_of_asset ON asset_queue (asset);

-- The updates that a run was made from.
CREATE TABLE asset_event_run (
    run bigint NOT NULL,
    event bigint NOT NULL,
    PRIMARY KEY (run, event)
);
CREATE INDEX asset_event_run_of_event ON asset_event_run (event);

-- One row for each attempt that ended; append-only.
CREATE TABLE attempt (
    id bigint NOT NULL,
    run bigint NOT NULL,
    task_id text NOT NULL,
    map_index integer NOT NULL,
    try_number integer NOT NULL,
    state text NOT NULL,
    worker text NOT NULL,
    pid integer,
    queued_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz NOT NULL,
    cpu_microseconds bigint NOT NULL,
    max_resident_kib bigint NOT NULL,
    exit_code integer,
    signal integer,
    reason text,
    -- Why it failed, as one word for programs; 'infrastructure' when the worker or a part of it was lost, which costs no retry.
    cause text,
    PRIMARY KEY (id, ended_at)
) PARTITION BY RANGE (ended_at);
CREATE INDEX attempt_of_instance ON attempt (run, task_id, map_index);

CREATE TABLE xcom (
    run bigint NOT NULL,
    task_id text NOT NULL,
    map_index integer NOT NULL,
    key text NOT NULL,
    attempt bigint NOT NULL,
    -- Empty for an output above 64 KiB: the attempt's large_output.
    value text NOT NULL,
    -- The fingerprint of the value's type.
    schema text,
    PRIMARY KEY (run, task_id, map_index, key)
);

-- Outputs above 64 KiB, by the attempt that left them. They are written before the tick that records the attempt's success; the ones that no row
-- of xcom names, because the attempt failed, was cleared, or its run is gone, are removed a while later.
CREATE TABLE large_output (
    attempt bigint PRIMARY KEY,
    run bigint NOT NULL,
    task_id text NOT NULL,
    map_index integer NOT NULL,
    -- Of the JSON text: bytes, and SHA-256 in hexadecimal digits.
    size bigint NOT NULL,
    sha256 text NOT NULL,
    -- Null for what is no list.
    list_length integer,
    -- Where the JSON text is, and the connection for it; null while it is in large_output_part.
    uri text,
    connection text,
    created_at timestamptz NOT NULL
);
CREATE INDEX large_output_by_age ON large_output (created_at);
CREATE INDEX large_output_here ON large_output (attempt) WHERE uri IS NULL;

-- Its parts of 64 KiB.
CREATE TABLE large_output_part (
    attempt bigint NOT NULL REFERENCES large_output ON DELETE CASCADE,
    part integer NOT NULL,
    -- Of a list: the first element that begins in the part, and where in the part it does.
    first_element integer,
    first_offset integer,
    sha256 text NOT NULL,
    -- Null when the output is kept elsewhere.
    content bytea,
    PRIMARY KEY (attempt, part)
);

-- The types of outputs, of all versions of all DAGs.
CREATE TABLE output_schema (
    fingerprint text PRIMARY KEY,
    type_name text NOT NULL,
    shape text NOT NULL
);

-- Progress and metrics that an attempt reported; append-only.
CREATE TABLE report (
    attempt bigint NOT NULL,
    reported_at timestamptz NOT NULL,
    content text NOT NULL
) PARTITION BY RANGE (reported_at);
CREATE INDEX report_of_attempt ON report (attempt);

CREATE TABLE log_chunk (
    attempt bigint NOT NULL,
    start bigint NOT NULL,
    bytes bytea NOT NULL,
    is_last boolean NOT NULL,
    written_at timestamptz NOT NULL
) PARTITION BY RANGE (written_at);
CREATE INDEX log_chunk_of_attempt ON log_chunk (attempt, start);

-- Creates the partitions of this month and the next of every table that is partitioned by time.
CREATE FUNCTION ensure_partitions(now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    month timestamp;
BEGIN
    FOREACH parent IN ARRAY ARRAY['attempt', 'report', 'log_chunk'] LOOP
        FOR step IN 0..1 LOOP
            month := date_trunc('month', now AT TIME ZONE 'UTC') + make_interval(months => step);
            EXECUTE format(
                'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                parent || to_char(month, '_YYYYMM'), parent,
                to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
                to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
        END LOOP;
    END LOOP;
END $$;
-- Drops the partitions of the logs of whole months before a moment: how many.
CREATE FUNCTION drop_logs(before timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    partition text;
    dropped integer := 0;
BEGIN
    FOR partition IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'log_chunk'::regclass AND c.relname ~ '^log_chunk_[0-9]{6}$'
            AND (to_date(right(c.relname, 6), 'YYYYMM')::timestamp + interval '1 month') AT TIME ZONE 'UTC' <= before
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM log_chunk_other WHERE written_at < before;
    RETURN dropped;
END $$;
CREATE TABLE attempt_other PARTITION OF attempt DEFAULT;
CREATE TABLE report_other PARTITION OF report DEFAULT;
CREATE TABLE log_chunk_other PARTITION OF log_chunk DEFAULT;

-- Secrets are sealed: see docs/decisions/0003-sealing.md.
CREATE TABLE connection (
    conn_id text PRIMARY KEY,
    conn_type text NOT NULL,
    description text,
    host text,
    login text,
    schema text,
    port integer,
    sealed_password bytea,
    sealed_extra bytea,
    updated_at timestamptz NOT NULL
);

CREATE TABLE variable (
    key text PRIMARY KEY,
    sealed_value bytea NOT NULL,
    description text,
    updated_at timestamptz NOT NULL
);

CREATE TABLE api_token (
    hash bytea PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz
);

CREATE TABLE pool (
    name text PRIMARY KEY,
    -- -1 for no limit.
    slots integer NOT NULL CHECK (slots >= -1),
    description text,
    include_deferred boolean NOT NULL
);

INSERT INTO pool (name, slots, description, include_deferred) VALUES ('default_pool', 128, 'Default pool', false);
