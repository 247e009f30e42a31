/// One request of a load, as its usage was reported. Times in microseconds since any moment.
struct LoadAnswer: Hashable, Sendable {
    var began: Int64
    var ended: Int64
    /// Tokens that were read, less those that a cache had.
    var input: Int64
    var output: Int64
}

/// What a load came to in a window of time in which it was never less than full.
///
/// Requests do not begin and end with the window. Of those that do not lie in it whole it has the
/// part of their tokens that it has of their time: with many of them at once, each at another
/// point, what is counted too much of one is counted too little of another.
struct MeasuredLoad: Hashable, Sendable {
    let inputThousandths: Int64
    let outputThousandths: Int64

    /// Tokens per second of one of `replicas`, rounded down to the thousandth.
    init(_ answers: [LoadAnswer], from: Int64, to: Int64, replicas: Int) {
        precondition(from < to && replicas > 0, "a rate is over some time, of some replicas")
        var (input, output) = (0 as Int64, 0 as Int64)
        for answer in answers {
            let inside = min(answer.ended, to) - max(answer.began, from)
            guard inside > 0 else { continue }
            // Thousandths of tokens: a request's own share is rounded once.
            input += answer.input * 1000 * inside / (answer.ended - answer.began)
            output += answer.output * 1000 * inside / (answer.ended - answer.began)
        }
        let each = (to - from) * Int64(replicas)
        inputThousandths = input * 1_000_000 / each
        outputThousandths = output * 1_000_000 / each
    }
}
