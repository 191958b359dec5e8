/// Mistakes that a scheduler could make. The simulation has to find each of them: a check that finds nothing proves nothing.
enum Sabotage: CaseIterable {
    /// Acknowledges some results without having kept them.
    case losesResults
    /// Gives some attempts to two workers.
    case dispatchesTwice
    /// Dispatches what is not yet in the database.
    case dispatchesBeforeTheCommit
    /// Gives workers up before their leases have ended.
    case givesUpTooEarly
    /// Lets a leader write whose successor has taken over.
    case writesUnfenced
    /// Writes runs that somebody has changed since they were read.
    case overwritesChanges
}
