public import DAGModel

extension Output {
    /// Names each instance of a mapped task for people, in lists and in the API, once it has ended; at most 250 characters.
    ///
    /// ```swift
    /// task("train", each: folds) { _, fold in try await train(fold) }.mapIndexTemplate { model in "fold \\(model, \\.name)" }
    /// ```
    ///
    /// The template may name variables and parameters of the run, and the output of the instance itself; an instance that left none, because it
    /// failed, then has no name.
    ///
    /// - Parameter template: Gets the output of one instance.
    @discardableResult
    public func mapIndexTemplate<Element>(_ template: (Output<Element>) -> Template) -> Output<Value>
    where Value == [Element] {
        mapIndexTemplate(template(Output<Element>(taskID: taskID)))
    }

    /// Names each instance of a task in a mapped group, or of a mapped task that leaves no value. See ``mapIndexTemplate(_:)``.
    @discardableResult
    public func mapIndexTemplate(_ template: Template) -> Output<Value> {
        GraphBuilder.required("mapIndexTemplate()").change(taskID) { $0.mapIndexTemplate = template }
        return self
    }
}
