// One import is enough for a DAG file: days, schedules, templates and trigger rules are DAGModel's.
@_exported public import DAGModel
