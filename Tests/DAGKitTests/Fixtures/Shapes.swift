import DAGKit

@main
struct Shapes: DAG {
    func body() {
        let begin = task("begin", Empty())
        let load = taskGroup("load") {
            let file = task("download") { _ in "data.csv" }
            let checks = taskGroup("checks") {
                task("size", file) { _, file in file.count }
                task("name", file) { _, file in print(file) }
            }
            let end = task("insert", Empty())
            checks >> end
        }
        let squares = task("square", each: [1, 2, 3]) { _, number in number * number }
        let report = task("report", squares, triggerRule: .allDone) { _, squares in squares.reduce(0, +) }
        task("show", each: ["a", "b"], report) { _, letter, sum in print(letter, sum) }
        let publish = task("publish", Empty()), reject = task("reject", Empty())
        let choose = task("choose", report) { _, report in report > 0 ? Branch(publish) : Branch(reject) }
        choose >> [publish, reject]
        let gate = task("gate") { _ in ShortCircuit(continue: true) }
        let end = task("end", Empty(), triggerRule: .noneFailedMinOneSuccess)
        chain(begin, load, gate, end)
        [publish, reject] >> end
    }
}
