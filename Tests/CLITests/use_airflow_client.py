"""Uses a server through Airflow's own Python client, whose models check every field of every answer.

use_airflow_client.py URL TOKEN DAG DAILY   where DAG has a task and DAILY runs every day; prints a line for each call.
"""
import datetime
import sys
import time

import airflow_client.client as client
from airflow_client.client.api import (
    asset_api, backfill_api, connection_api, dag_api, dag_run_api, dag_version_api, import_error_api, monitor_api, pool_api, task_api,
    task_instance_api, variable_api, version_api,
)
from airflow_client.client.models import (
    BackfillPostBody, CreateAssetEventsBody, ClearTaskInstancesBody, ClearTaskInstancesBodyTaskIdsInner, ConnectionBody, DAGPatchBody, DAGRunClearBody, PatchTaskInstanceBody, PoolBody, PoolPatchBody,
    TriggerDAGRunPostBody, VariableBody,
)

url, token, dag, daily = sys.argv[1:]
api = client.ApiClient(client.Configuration(host=url, access_token=token))


def call(what, answer):
    print(what, flush=True)
    return answer


call("version", version_api.VersionApi(api).get_version())
call("health", monitor_api.MonitorApi(api).get_health())

dags = dag_api.DAGApi(api)
assert dag in [found.dag_id for found in call("dags", dags.get_dags(limit=50)).dags]
call("dag", dags.get_dag(dag))
assert call("dag details", dags.get_dag_details(dag)).dag_id == dag
assert call("pause", dags.patch_dag(dag, DAGPatchBody(is_paused=True))).is_paused
assert not call("unpause", dags.patch_dag(dag, DAGPatchBody(is_paused=False))).is_paused
call("dag versions", dag_version_api.DagVersionApi(api).get_dag_versions(dag))
tasks = call("tasks", task_api.TaskApi(api).get_tasks(dag)).tasks
call("task", task_api.TaskApi(api).get_task(dag, tasks[0].task_id))
call("import errors", import_error_api.ImportErrorApi(api).get_import_errors())

runs = dag_run_api.DagRunApi(api)
run = call("trigger", runs.trigger_dag_run(dag, TriggerDAGRunPostBody(logical_date=None, conf={}, note="by the client")))
assert run.dag_id == dag and run.run_type == "manual"
deadline = time.monotonic() + 60
while call("run", runs.get_dag_run(dag, run.dag_run_id)).state not in ("success", "failed"):
    assert time.monotonic() < deadline, "the run did not end"
    time.sleep(0.05)
assert run.dag_run_id in [found.dag_run_id for found in call("runs", runs.get_dag_runs(dag)).dag_runs]

instances = task_instance_api.TaskInstanceApi(api)
call("instances", instances.get_task_instances(dag, run.dag_run_id))
call("instance", instances.get_task_instance(dag, run.dag_run_id, tasks[0].task_id))
call("mark", instances.patch_task_instance(dag, run.dag_run_id, tasks[0].task_id, PatchTaskInstanceBody(new_state="failed")))
body = ClearTaskInstancesBody(dag_run_id=run.dag_run_id, task_ids=[ClearTaskInstancesBodyTaskIdsInner(tasks[0].task_id)], only_failed=False, dry_run=True)
assert call("clear", instances.post_clear_task_instances(dag, body)).total_entries == 1
call("clear a run", runs.clear_dag_run(dag, run.dag_run_id, DAGRunClearBody(dry_run=False)))

backfills = backfill_api.BackfillApi(api)
dags.patch_dag(daily, DAGPatchBody(is_paused=True))
first, last = (datetime.datetime(2026, 1, day, tzinfo=datetime.timezone.utc) for day in (1, 4))
body = BackfillPostBody(dag_id=daily, from_date=first, to_date=last, run_backwards=True, reprocess_behavior="failed")
assert len(call("backfill dry run", backfills.create_backfill_dry_run(body)).backfills) == 3
made = call("backfill post", backfills.create_backfill(body))
assert made.dag_id == daily and made.completed_at is None
assert call("backfill pause", backfills.pause_backfill(made.id)).is_paused
assert not call("backfill unpause", backfills.unpause_backfill(made.id)).is_paused
assert call("backfill", backfills.get_backfill(made.id)).from_date == first
assert call("backfill cancel", backfills.cancel_backfill(made.id)).completed_at
assert call("backfills", backfills.list_backfills(daily)).total_entries == 1
dags.patch_dag(daily, DAGPatchBody(is_paused=False))

connections = connection_api.ConnectionApi(api)
made = call("connection post", connections.post_connection(ConnectionBody(connection_id="client", conn_type="http", host="h")))
assert made.connection_id == "client"
assert call("connection", connections.get_connection("client")).host == "h"
call("connections", connections.get_connections())
call("connection delete", connections.delete_connection("client"))

variables = variable_api.VariableApi(api)
call("variable post", variables.post_variable(VariableBody(key="client", value="1")))
assert call("variable", variables.get_variable("client")).value == "1"
call("variables", variables.get_variables())
call("variable delete", variables.delete_variable("client"))

pools = pool_api.PoolApi(api)
call("pool post", pools.post_pool(PoolBody(name="client", slots=3)))
assert call("pool", pools.get_pool("client")).slots == 3
assert call("pool patch", pools.patch_pool("client", PoolPatchBody(slots=4), update_mask=["slots"])).slots == 4
call("pools", pools.get_pools())
call("pool delete", pools.delete_pool("client"))
assets = asset_api.AssetApi(api)
asset = next(found for found in call("assets", assets.get_assets()).assets if found.name == "s3://raw/strain")
assert call("asset", assets.get_asset(asset.id)).producing_tasks[0].dag_id == "makes"
event = call("asset event post", assets.create_asset_event(CreateAssetEventsBody(asset_id=asset.id, extra={"files": 1})))
assert event.extra == {"files": 1, "from_rest_api": True}
assert call("asset events", assets.get_asset_events(asset_id=asset.id)).asset_events[0].id == event.id
assert call("asset queue", assets.get_asset_queued_events(asset.id)).queued_events[0].dag_id == "waits"
assert call("asset queue of a DAG", assets.get_dag_asset_queued_events("waits")).total_entries == 1
assert call("asset queue of both", assets.get_dag_asset_queued_event("waits", asset.id)).asset_id == asset.id
call("asset queue delete", assets.delete_dag_asset_queued_events("waits"))
other = next(found for found in assets.get_assets().assets if found.name == "catalogue")
for found in (other, asset):
    assets.create_asset_event(CreateAssetEventsBody(asset_id=found.id))
deadline = time.monotonic() + 60
while not (made := runs.get_dag_runs("waits").dag_runs):
    assert time.monotonic() < deadline, "the updates of assets caused no run"
    time.sleep(0.05)
assert made[0].run_type == "asset_triggered" and made[0].triggered_by == "asset"
assert call("upstream asset events", runs.get_upstream_asset_events("waits", made[0].dag_run_id)).total_entries == 3
assert call("events with runs", assets.get_asset_events(asset_id=asset.id)).asset_events[-1].created_dagruns[0].dag_id == "waits"
assert call("materialize", assets.materialize_asset(asset.id)).run_type == "asset_materialization"
print("done")
