import DAGKit

@main
struct NoBody: DAG {  // error:
    let schedule = Schedule.daily
}
