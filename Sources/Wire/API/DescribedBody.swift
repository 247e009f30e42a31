/// A body whose fields are explained in the API's document, by their names there.
package protocol DescribedBody {
    static var fieldNotes: [String: String] { get }
}

extension CapacityAskBody {
    static var fieldNotes: [String: String] {
        [
            "project": "Who pays. Required on the owner's port; on the customers' port the key's.",
            "pool": "Where: see GET /v1/pools.",
            "class": "on_demand unless said otherwise; reserved for and in reservations.",
            "nodes": "Nodes given together or not at all; 1 unless said otherwise.",
            "accelerators": "Of each node: whole ones, or a share of one such as \"0.25\".",
            "cpu_thousandths": "CPUs of each node in thousandths; in proportion unless given.",
            "memory_mib": "Memory of each node; in proportion unless given.",
            "one_block": "Whether all nodes have to be in one block, with the fast network.",
            "reservation": "The reservation that it runs in, which is billed instead of it.",
            "limit_price":
                "Of spot work: the most that an accelerator-hour may cost; the price on demand "
                + "unless given.",
        ]
    }
}

private func withAsk(_ notes: [String: String]) -> [String: String] {
    CapacityAskBody.fieldNotes.merging(notes) { _, own in own }
}

extension JobSubmitBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        withAsk([
            "name": "For people; the program's name unless said otherwise.",
            "command": "The program and its arguments; no shell.",
            "environment": "Variables; none that begins with SPILLWAY_.",
            "files": "What the work finds in /workspace: contents in base64 by relative path.",
            "volumes": "Volumes of the same project, by where the work sees them.",
            "max_seconds": "Seconds after which it is stopped; a day unless said otherwise.",
            "retries": "How often it is started again after it failed by itself.",
            "array": "Copies, told apart by SPILLWAY_ARRAY_INDEX; 1 unless said otherwise.",
            "on_reclaim": "What becomes of a spot job that is taken back.",
        ])
    }
}

extension InstanceCreateBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        withAsk([
            "command": "What runs there; nothing but waiting for attachments unless given.",
            "environment": "Variables; none that begins with SPILLWAY_.",
        ])
    }
}

extension ReservationCreateBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        withAsk(["from": "Begin of the window.", "to": "End of the window; not in it."])
    }
}

extension QuoteRequestBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        withAsk([
            "kind": "job unless said otherwise.",
            "from": "A reservation's begin.", "to": "A reservation's end; not in it.",
        ])
    }
}

extension QuoteBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        [
            "available": "Whether such an order would be taken now, at once or in its turn.",
            "price_per_hour": "Of all accelerators together.",
            "maximum_cost": "What it costs if it takes its whole time.",
            "expected_start": "When it would start; missing where nobody can say.",
            "reason": "Why not, or why not at once.", "next": "What changes that.",
        ]
    }
}

extension TermsChangeBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        [
            "notice_seconds": "Between notice and stop when it is taken back; spot alone is.",
            "refund_within_seconds": "Taken back so soon after its start, it is credited whole.",
            "failure_credit_thousandths":
                "Of what a run was charged, credited when a node of ours fails under it.",
            "failure_credit_reach_seconds": "How far back such a credit reaches.",
            "money_notice_seconds": "Between the warning that money ends and the stop.",
        ]
    }
}

extension OrderBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        [
            "accelerators": "Of each node.", "reason": "Why it waits, or how it failed.",
            "next": "What it waits for, and when that is.",
            "exit_code": "Of an array the first copy's that was not 0.",
            "notice": "A warning that it will be stopped.",
            "billed_accelerator_seconds": "Accelerator-seconds billed so far.",
            "credited": "Given back by the terms.", "held": "Set aside for the time to come.",
            "runs": "Every start of every copy, in order.",
        ]
    }
}

extension NodeBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        [
            "state":
                "ordered, testing, in_service, draining, maintenance, failed or retired.",
            "uses": "Accelerators in each use now; they sum to all of them.",
        ]
    }
}

extension PoolBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        [
            "supplier": "For the owner alone.", "cluster": "For the owner alone.",
            "for_customers": "Whether others' work may run here; reason says why not.",
            "isolation": "What is enforced, and by what.",
            "isolation_missing": "What is not enforced, and why.",
        ]
    }
}
