import Dispatch
import Foundation
import Gateway
import Logging
import Vocabulary

let arguments = CommandLine.arguments
let clock = WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
}
var configuration = GatewayConfiguration(
    host: "127.0.0.1", port: Int(arguments[2]) ?? 0, controlSocket: arguments[1],
    journalDirectory: arguments[3])
if arguments.count > 4 { configuration.loops = Int(arguments[4]) ?? 1 }
let server = try await GatewayServer.start(configuration, clock: clock, logger: Logger(label: "gw"))
print("listening", server.port)
signal(SIGTERM, SIG_IGN)
let source = DispatchSource.makeSignalSource(signal: SIGTERM)
let stream = AsyncStream<Void> { continuation in
    source.setEventHandler { continuation.yield() }
    source.resume()
}
for await _ in stream { break }
await server.drain()
