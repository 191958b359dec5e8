public import DAGModel

extension Schedule {
    /// As soon as all these assets have been updated since the run that they caused last; combine them with `&&` and `||`.
    ///
    /// ```swift
    /// let schedule = Schedule.assets(strain)
    /// let schedule = Schedule.assets(strain && (catalogue || vetoes))
    /// ```
    ///
    /// An asset is updated when a task that has it among its `outlets` succeeds, or when somebody says so with `dagctl assets emit`. All
    /// updates until the run is made belong to it: see ``TaskContext/triggeringAssetEvents()``.
    public static func assets(_ all: any AssetExpression...) -> Schedule {
        .assets(when: AssetCondition(all: all))
    }

    /// As this schedule says, and also as soon as all these assets have been updated, as Airflow's AssetOrTimeSchedule.
    ///
    /// ```swift
    /// let schedule = Schedule.daily.or(assets: strain)
    /// ```
    ///
    /// A run that the time causes leaves the updates of assets for the run that they cause.
    public func or(assets all: any AssetExpression...) -> Schedule {
        .assetsOrTime(AssetCondition(all: all), self)
    }
}

extension AssetCondition {
    fileprivate init(all: [any AssetExpression]) {
        self = all.count == 1 ? all[0].assetCondition : .all(all.map(\.assetCondition))
    }
}
