import DAGKit

@main
struct UnknownTemplateVariable: DAG {
    func body() {
        task("list", S3List(bucket: "raw", prefix: "strain/\(.dss)/"))  // error: no member 'dss'
    }
}
