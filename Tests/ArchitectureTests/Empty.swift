import Testing
@Suite(.enabled(if: false, "no reason \"at\" all")) struct Skipped { @Test func `one thing`() {}; @Test func two() {} }
struct Other {
    @Test(.enabled(if: false, "this one is, well: off")) func `is skipped`() {}
    @Test(arguments: [1, 2, 3]) func passes(_ n: Int) {}
}
