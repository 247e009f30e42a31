/// One replacement of bytes in a body; an empty range inserts.
package struct Splice: Hashable, Sendable {
    package var range: Range<Int>
    package var replacement: [UInt8]

    package init(range: Range<Int>, replacement: [UInt8]) {
        self.range = range
        self.replacement = replacement
    }

    /// Bytes of the body once the splices are applied.
    package static func resultCount(_ splices: [Splice], bodyCount: Int) -> Int {
        splices.reduce(bodyCount) { $0 + $1.replacement.count - $1.range.count }
    }
}

/// The body with all splices applied; they must be sorted and disjoint.
package func apply(_ splices: [Splice], to body: UnsafeRawBufferPointer) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(Splice.resultCount(splices, bodyCount: body.count))
    var position = 0
    for splice in splices {
        result.append(contentsOf: body[position..<splice.range.lowerBound])
        result.append(contentsOf: splice.replacement)
        position = splice.range.upperBound
    }
    result.append(contentsOf: body[position...])
    return result
}

/// What has to be changed in a request on its way to an engine. All other bytes pass as they came.
package enum OpenAIRewrite {
    /// How an engine is made to report its token counts in a stream.
    package enum Counting: Hashable, Sendable {
        /// llama.cpp: `timings` in each frame, `usage` in the last.
        case llamaTimings
        /// vLLM and SGLang: `usage` in each frame.
        case continuousUsage
        /// Everybody else: `usage` in the last frame.
        case finalUsage
    }

    /// How one tenant's prefix cache is kept from another's.
    package enum CacheScope: Hashable, Sendable {
        /// vLLM and SGLang: found again by requests with the same salt alone.
        case salt(String)
        /// llama.cpp: the cache is in the slot, and is used only where it may be read.
        case slot(Int?, mayRead: Bool)
    }

    /// Sorted and disjoint. `maximumTokens` replaces the client's own limit, or is inserted;
    /// `upstreamModel` replaces the model's name if it differs. Plain answers always carry `usage`,
    /// so that counting changes only streams. `asStream` asks for a stream although the client did
    /// not.
    package static func splices(
        for request: ScannedRequest, maximumTokens: Int64?, upstreamModel: String?,
        counting: Counting, cache: CacheScope?, asStream: Bool = false
    ) -> [Splice] {
        var splices: [Splice] = []
        var inserted: [UInt8] = []
        if let maximumTokens {
            let value = Array(String(maximumTokens).utf8)
            let ranges = [request.maximumTokensRange, request.otherMaximumTokensRange]
            for range in ranges.compactMap(\.self) {
                splices.append(Splice(range: range, replacement: value))
            }
            if ranges.allSatisfy({ $0 == nil }) {
                inserted += Array("\"max_tokens\":".utf8) + value + [comma]
            }
        }
        if let upstreamModel, upstreamModel != request.model {
            splices.append(
                Splice(range: request.modelRange, replacement: JSONText.quoted(upstreamModel)))
        }
        inserted += members(of: cache)
        if asStream, !request.streaming {
            if let range = request.streamRange {
                splices.append(Splice(range: range, replacement: Array("true".utf8)))
            } else {
                inserted += Array("\"stream\":true,".utf8)
            }
        }
        if request.streaming || asStream {
            let options = streamOptions(for: request, counting: counting)
            if let range = request.streamOptionsRange {
                splices.append(Splice(range: range, replacement: options))
            } else {
                inserted += Array("\"stream_options\":".utf8) + options + [comma]
            }
            if counting == .llamaTimings { inserted += Array("\"timings_per_token\":true,".utf8) }
        }
        if !inserted.isEmpty {
            let place = request.membersOffset..<request.membersOffset
            splices.append(Splice(range: place, replacement: inserted))
        }
        splices.sort { $0.range.lowerBound < $1.range.lowerBound }
        return splices
    }

    private static func members(of cache: CacheScope?) -> [UInt8] {
        switch cache {
        case .salt(let salt):
            return Array("\"cache_salt\":".utf8) + JSONText.quoted(salt) + [comma]
        case .slot(let slot, let mayRead):
            var text = slot.map { "\"id_slot\":\($0)," } ?? ""
            if !mayRead { text += "\"cache_prompt\":false," }
            return Array(text.utf8)
        case nil: return []
        }
    }

    private static let comma = UInt8(ascii: ",")

    private static func streamOptions(
        for request: ScannedRequest, counting: Counting
    ) -> [UInt8] {
        switch counting {
        case .llamaTimings: return Array("{\"include_usage\":true}".utf8)
        case .continuousUsage:
            return Array("{\"include_usage\":true,\"continuous_usage_stats\":true}".utf8)
        case .finalUsage:
            guard let obfuscation = request.includeObfuscation else {
                return Array("{\"include_usage\":true}".utf8)
            }
            return Array("{\"include_usage\":true,\"include_obfuscation\":\(obfuscation)}".utf8)
        }
    }
}
