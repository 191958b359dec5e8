/// What a sync found.
package struct GitSync: Sendable, Hashable {
    /// The commit to use: the newest, or the last accepted one when the newest is held.
    package var commit: String
    /// The commit that was in use before; nil the first time.
    package var previous: String?
    /// Why a newer commit is not used, and which one it is.
    package var held: Held?

    package struct Held: Sendable, Hashable {
        package var commit: String
        /// A sentence for people: both commits, and what to do.
        package var reason: String
    }

    package var isNew: Bool { commit != previous }
}
