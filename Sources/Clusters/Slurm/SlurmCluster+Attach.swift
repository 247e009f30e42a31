package import CapacityPath
import Fleet
import Foundation
import Glibc
import Synchronization
package import Vocabulary

extension SlurmCluster {
    /// Runs on the lease's node, in a step of its job: joins the groups and the sandbox that stand,
    /// with no more rights than the work has. perl finds the user namespace that the sandbox's own
    /// was made in, which owns all the others; nothing else that every node has can.
    private static let entering = #"""
        exec 2>&1
        directory=$1 rank=$2; shift 2
        mapfile -d '' -t options <"$directory/sandbox-$rank" || exit 125
        line=${options[-1]}
        process=${line#*'"child-pid": '}; process=${process%%[!0-9]*}
        namespace=${line#*'"pid-namespace": '}; namespace=${namespace%%[!0-9]*}
        [[ $(readlink "/proc/$process/ns/pid") = "pid:[$namespace]" ]] || {
          echo 'The lease does not run any more.' >&2; exit 125; }
        while IFS=: read -r _ group path; do
          case $path in /spillway-*) echo 0 >"/sys/fs/cgroup/$group$path/cgroup.procs" || exit 125 ;; esac
        done <"/proc/$process/cgroup"
        for ((i = 0; i < ${#options[@]}; i++)); do
          [[ ${options[i]} = --setenv ]] && variables+=("${options[i + 1]}=${options[i + 2]}")
        done
        exec perl -e '$^F = 200; my $p = shift;
          open(my $inner, "<", "/proc/$p/ns/user") or die "$!";
          my $outer = ioctl($inner, 0xb702, 0) or die "$!";
          open(my $o, "<&=", $outer) or die "$!"; fcntl($o, 2, 0);
          my @n = ("nsenter", "--preserve-credentials", "--user=/proc/self/fd/$outer");
          for (["mount","mnt"],["net","net"],["pid","pid"],["ipc","ipc"],["uts","uts"]) {
            open($f{$_->[0]}, "<", "/proc/$p/ns/$_->[1]") or die "$!";
            push @n, "--$_->[0]=/proc/self/fd/" . fileno($f{$_->[0]}); }
          exec @n, "--", "/usr/bin/nsenter", "--preserve-credentials",
            "--user=/proc/self/fd/" . fileno($inner), "--", @ARGV;' "$process" \
          /usr/bin/setpriv --no-new-privs --bounding-set=-all --inh-caps=-all -- \
          /usr/bin/env -i -C /workspace "${variables[@]}" "$@"
        """#

    /// Runs in the sandbox: from standard input to the port and back, until the port is closed.
    private static let relaying = #"""
        use Socket; $SIG{PIPE} = "IGNORE";
        sub copy { my ($from, $to, $b) = @_;
          while (sysread($from, $b, 65536)) { my $o = 0;
            while ($o < length $b) { my $n = syswrite($to, $b, 65536, $o) or return; $o += $n } } }
        socket(my $s, PF_INET, SOCK_STREAM, 0) or exit 1;
        connect($s, sockaddr_in($ARGV[0], inet_aton("127.0.0.1"))) or exit 1;
        my $child = fork // exit 1;
        if (!$child) { copy(*STDIN, $s); shutdown($s, 1); exit 0 }
        copy($s, *STDOUT); kill "KILL", $child; waitpid $child, 0;
        """#

    package func attach(
        _ lease: LeaseID, rank: Int, _ target: AttachTarget
    ) async throws(Failure) -> Attachment {
        let files = try await known(lease)
        let record = files.readRecord()
        guard case .job(let job) = record?.claim, record?.end == nil else {
            throw Failure(.conflict, "\(lease) does not run now.", retry: .after(.seconds(1)))
        }
        try load()
        let shares = state.withLock { $0.leases.entries[lease]?.grant?.shares } ?? []
        guard shares.indices.contains(rank) else {
            throw Failure(
                .notFound, "\(lease) has ranks 0 to \(shares.count - 1).", parameter: "rank")
        }
        let command = try inner(target)
        let line =
            commands.environment([
                "srun", "--jobid=\(job)", "--overlap", "--nodes=1", "--ntasks=1",
                "--nodelist=\(shares[rank].node)", "--mem=0", "--gres=none", "--mpi=none",
                "--unbuffered", "--quiet", "bash", "-c", Self.entering, "spillway", files.path,
                "\(rank)",
            ]) + command
        return try await Blocking.run { () throws(Failure) in
            let (input, theirInput) = try Descriptors.pipe()
            let (output, theirOutput) = try Descriptors.pipe()
            defer {
                close(input)
                close(theirOutput)
            }
            // What srun itself has to say is not the command's.
            let log = Glibc.open(files.slurmLog, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
            guard log >= 0 else { throw Descriptors.failure(files.slurmLog) }
            defer { close(log) }
            let process = try Spawn.start(line, descriptors: [0: input, 1: theirOutput, 2: log])
            return AttachedDescriptors.attachment(
                process: process, input: theirInput, output: output, isTerminal: false)
        }
    }

    /// What runs in the sandbox.
    private func inner(_ target: AttachTarget) throws(Failure) -> [String] {
        switch target {
        case .command(let command, _) where command.isEmpty:
            throw Failure(.invalidRequest, "There is no command to run.", parameter: "command")
        case .command(let command, nil): return command
        case .command(let command, let size?):
            let quoted = command.map { "'" + $0.replacing("'", with: "'\\''") + "'" }
            let line =
                "stty cols \(size.columns) rows \(size.rows); exec "
                + quoted.joined(separator: " ")
            return ["script", "--quiet", "--return", "--flush", "--command", line, "/dev/null"]
        case .port(let port):
            return ["/usr/bin/perl", "-e", Self.relaying, "\(port)"]
        }
    }
}
