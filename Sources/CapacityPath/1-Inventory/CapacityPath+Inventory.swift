import Fleet
import Vocabulary

extension CapacityPath {
    /// Takes the owner's file as a whole: what is new is waited for, what it no longer names is
    /// retired once nothing runs there.
    mutating func declare(_ inventory: Inventory) {
        self.inventory = inventory
        var declared: Set<NodeName> = []
        for pool in inventory.pools {
            if pools[pool.name] == nil { pools[pool.name] = PoolRecord(pool) }
            if pools[pool.name]?.declaration.fractional != pool.fractional {
                placement.isMade = false
            }
            pools[pool.name]?.declaration = pool
            pools[pool.name]?.account.advance(to: now)
            pools[pool.name]?.account.node = Int64(pool.shape.accelerators) * 1000
            turn.dirty.insert(pool.name)
            for node in pool.nodes {
                declared.insert(node.name)
                declare(node, in: pool)
            }
        }
        for index in nodes.indices
        where !declared.contains(nodes[index].name) && nodes[index].state != .retired {
            nodes[index].wish = .retire
            feed(.retire, to: index, because: "no longer declared")
        }
        renewSurplusTerms()
    }

    private mutating func declare(_ node: NodeDeclaration, in pool: PoolDeclaration) {
        guard let index = nodeIndex[node.name] else {
            nodeIndex[node.name] = nodes.count
            pools[pool.name]?.nodes.append(nodes.count)
            turn.touched.insert(nodes.count)
            nodes.append(NodeRecord(node, in: pool, at: now))
            updatePlacement(of: nodes.count - 1)
            return
        }
        if nodes[index].wish == .retire {
            nodes[index].wish = nil
            feed(.resume, to: index, because: "declared again")
        }
        guard nodes[index].declaration != node || differs(nodes[index], from: pool) else { return }
        guard nodes[index].leases.isEmpty, nodes[index].windows.isEmpty, !isClaimed(index) else {
            note(
                .node(node.name),
                "\(node.name): its new declaration takes effect when nothing runs there")
            nodes[index].wish = .maintain
            feed(.maintain, to: index, because: "declared anew")
            return
        }
        redeclare(index, node, in: pool)
    }

    private func differs(_ node: NodeRecord, from pool: PoolDeclaration) -> Bool {
        node.pool != pool.name || node.shape != pool.shape || node.cluster != pool.cluster
    }

    /// Gives an empty node its new declaration.
    private mutating func redeclare(
        _ index: Int, _ node: NodeDeclaration, in pool: PoolDeclaration
    ) {
        let old = nodes[index].pool
        pools[old]?.nodes.removeAll { $0 == index }
        pools[old]?.account.change(from: nodes[index].use, to: UseVector(), at: now)
        turn.dirty.insert(old)
        var record = NodeRecord(node, in: pool, at: now)
        record.isFenced = nodes[index].isFenced
        record.stragglers = nodes[index].stragglers
        nodes[index] = record
        pools[pool.name]?.nodes.append(index)
        // Made anew, so that it does not depend on what stood where before.
        placement.isMade = false
        open(index)
    }

    /// An empty node whose declaration has changed meanwhile gets it now.
    mutating func redeclareIfChanged(_ index: Int) {
        let name = nodes[index].name
        for pool in inventory.pools {
            for node in pool.nodes where node.name == name {
                guard nodes[index].declaration != node || differs(nodes[index], from: pool) else {
                    return
                }
                redeclare(index, node, in: pool)
                return
            }
        }
    }

    func isClaimed(_ index: Int) -> Bool {
        pools[nodes[index].pool]?.claims.contains { $0.nodes.contains(index) } ?? false
    }
}

// MARK: - What clusters say

extension CapacityPath {
    mutating func nodesReported(_ cluster: ClusterName, _ reports: [NodeReport]) {
        var reported: Set<NodeName> = []
        for report in reports {
            guard let index = nodeIndex[report.node], nodes[index].cluster == cluster else {
                continue
            }
            reported.insert(report.node)
            nodes[index].reported = report
            if nodes[index].occupancy.foreign != report.foreign {
                nodes[index].occupancy.setForeign(report.foreign, of: nodes[index].shape)
                open(index)
                planIfUsed(nodes[index].pool)
            }
            reconcile(index, with: report)
        }
        for index in nodes.indices
        where nodes[index].cluster == cluster && !reported.contains(nodes[index].name) {
            nodes[index].reported = nil
            feed(.lost, to: index, because: "cluster \(cluster) does not know it")
        }
    }

    private mutating func reconcile(_ index: Int, with report: NodeReport) {
        let says = report.reason.map { ": \($0)" } ?? ""
        switch report.state {
        case .down: feed(.lost, to: index, because: "its cluster says it is down\(says)")
        case .draining:
            guard nodes[index].wish == nil else { return }
            feed(.reportedDraining, to: index, because: "its cluster drains it\(says)")
        case .up:
            if let lack = lack(of: report.shape, in: nodes[index].shape) {
                feed(.misshapen, to: index, because: lack)
            } else if mayReturn(index) {
                feed(.reportedUp, to: index, because: "its cluster says it is up")
            }
        }
    }

    /// Whether a node that is reported up may be tried again.
    func mayReturn(_ index: Int) -> Bool {
        let node = nodes[index]
        guard node.wish == nil else { return false }
        return !node.failedItsCheck || node.since + .seconds(CapacityLimits.recheck) <= now
    }

    /// What a node has less than was declared, in words.
    private func lack(of reported: NodeShape, in declared: NodeShape) -> String? {
        if reported.accelerator != declared.accelerator {
            return "it has \(reported.accelerator), \(declared.accelerator) was declared"
        }
        if reported.accelerators < declared.accelerators {
            return "it has \(reported.accelerators) accelerators, "
                + "\(declared.accelerators) were declared"
        }
        if reported.cpuThousandths < declared.cpuThousandths {
            return "it has \(reported.cpuThousandths / 1000) CPUs, "
                + "\(declared.cpuThousandths / 1000) were declared"
        }
        if reported.memoryMiB < declared.memoryMiB {
            return "it has \(reported.memoryMiB) MiB of memory, "
                + "\(declared.memoryMiB) were declared"
        }
        return nil
    }

    /// Nothing is known of a silent cluster's nodes any more: what ran there is ours to answer for
    /// since it was last heard.
    mutating func clusterSilent(_ cluster: ClusterName, since: Instant) {
        for index in nodes.indices where nodes[index].cluster == cluster {
            nodes[index].reported = nil
            feed(
                .lost, to: index,
                because: "cluster \(cluster) has not answered since "
                    + since.minuteText(at: now), since: min(since, now))
        }
    }
}
