/// A program to start, and all that it gets. What is not listed here it does not get: no environment variable, no file
/// descriptor, no signal setting of the parent.
package struct ProgramLaunch: Sendable {
    /// The program's file; a name without a slash is looked up in the `PATH` of `environment`, a relative path starts
    /// from `workingDirectory`.
    package var executable: String
    /// The arguments after the program's own name.
    package var arguments: [String]
    package var environment: [String: String]
    /// Defaults to the parent's.
    package var workingDirectory: String?
    /// Which of the parent's descriptors the child sees under which number. Those of 0, 1 and 2 that are not listed are
    /// `/dev/null`.
    package var descriptors: [CInt: CInt]
    /// Whether the child leads a process group of its own. Defaults to true.
    package var ownsProcessGroup: Bool
    /// Whether what is left of the child's process group is killed when the child has ended. Defaults to false.
    package var killsGroupAtExit: Bool

    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, descriptors: [CInt: CInt] = [:], ownsProcessGroup: Bool = true,
        killsGroupAtExit: Bool = false
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.descriptors = descriptors
        self.ownsProcessGroup = ownsProcessGroup
        self.killsGroupAtExit = killsGroupAtExit
    }
}
