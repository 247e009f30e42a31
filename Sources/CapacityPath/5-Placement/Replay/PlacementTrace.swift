package import Fleet
package import Vocabulary

/// A fleet and the work that asked for it, as public traces have them: a table of nodes
/// (`sn,cpu_milli,memory_mib,gpu,model`) and one of pods
/// (`name,cpu_milli,memory_mib,num_gpu,gpu_milli` and, where models are restricted, `gpu_spec`).
/// Other columns are not looked at; columns are found by their names.
package struct PlacementTrace: Hashable, Sendable {
    /// The pool of nodes without a model.
    static let withoutModel = "none"

    package struct Task: Hashable, Sendable {
        /// For one node.
        package var shape: GangShape
        /// The accelerator models it may use; empty where all will do.
        package var models: [PoolName]

        package init(shape: GangShape, models: [PoolName]) {
            self.shape = shape
            self.models = models
        }
    }

    /// Each model is a pool.
    package var nodes: [PlacementNode]
    package var tasks: [Task]

    package init(nodes: [PlacementNode], tasks: [Task]) {
        self.nodes = nodes
        self.tasks = tasks
    }

    package var capacity: Accelerators {
        nodes.reduce(.zero) { $0 + .whole($1.shape.accelerators) }
    }

    /// The models in the order in which the nodes name them first.
    package var models: [PoolName] {
        var seen: Set<PoolName> = []
        return nodes.map(\.pool).filter { seen.insert($0).inserted }
    }

    /// The same work for a fleet that is so many times as large: for measurements.
    package func repeated(_ times: Int) -> PlacementTrace {
        guard times > 1 else { return self }
        let copies = (0..<times).flatMap { copy in
            nodes.map { node in
                var node = node
                node.name = NodeName("\(node.name.text.prefix(50))-\(copy)") ?? node.name
                return node
            }
        }
        return PlacementTrace(nodes: copies, tasks: tasks)
    }

    // MARK: Reading

    /// - Throws: `invalidRequest` that names the file and the line.
    package init(
        nodes nodesText: String, named nodesName: String, tasks tasksText: String,
        named tasksName: String
    ) throws(Failure) {
        let nodeRows = try TraceRows(nodesText, file: nodesName)
        self.nodes = try nodeRows.map { row throws(Failure) in try Self.node(row) }
        let taskRows = try TraceRows(tasksText, file: tasksName)
        self.tasks = try taskRows.map { row throws(Failure) in try Self.task(row) }
        if capacity == .zero {
            throw Failure(.invalidRequest, "\(nodesName) has no node with a GPU.")
        }
        if tasks.allSatisfy({ $0.shape.accelerators == .zero }) {
            throw Failure(.invalidRequest, "\(tasksName) has no pod that asks for a GPU.")
        }
    }

    private static func node(_ row: TraceRow) throws(Failure) -> PlacementNode {
        let model = row.text("model") ?? ""
        let devices = try row.number("gpu", in: 0...1024)
        let pool = try name(model.isEmpty ? withoutModel : model, of: "model", row, Pool.self)
        let type = try name(pool.text, of: "model", row, AcceleratorKind.self)
        return PlacementNode(
            name: try name(try row.required("sn"), of: "sn", row, Node.self), pool: pool,
            shape: NodeShape(
                accelerator: type, accelerators: Int(devices), acceleratorMemoryMiB: 0,
                cpuThousandths: try row.number("cpu_milli", in: 0...1 << 40),
                memoryMiB: try row.number("memory_mib", in: 0...1 << 40)),
            fractional: true)
    }

    private static func task(_ row: TraceRow) throws(Failure) -> Task {
        let count = try row.number("num_gpu", in: 0...1024)
        let share = try row.number("gpu_milli", in: 0...1000)
        if count > 1, share != 1000 {
            throw row.failure(
                "gpu_milli is \(share) for \(count) GPUs; a share is of one GPU", "1000")
        }
        if count == 1, share == 0 {
            throw row.failure("gpu_milli is 0 for one GPU", "1 to 1000")
        }
        var models: [PoolName] = []
        for model in (row.text("gpu_spec") ?? "").split(separator: "|") {
            let pool = try name(String(model), of: "gpu_spec", row, Pool.self)
            if !models.contains(pool) { models.append(pool) }
        }
        return Task(
            shape: GangShape(
                nodes: 1,
                acceleratorsPerNode: Accelerators(thousandths: count * share),
                cpuThousandthsPerNode: try row.number("cpu_milli", in: 0...1 << 40),
                memoryMiBPerNode: try row.number("memory_mib", in: 0...1 << 40)),
            models: models)
    }

    private static func name<Entity>(
        _ text: String, of column: String, _ row: TraceRow, _: Entity.Type
    ) throws(Failure) -> Name<Entity> {
        guard let name = Name<Entity>(text) else {
            throw row.failure(
                "\(column) is '\(text)'",
                "a name of up to \(Name<Entity>.maximumLength) letters, digits, '.', '_' and '-'")
        }
        return name
    }
}
