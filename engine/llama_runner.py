#!/usr/bin/env python3
"""Serves one GGUF file with llama.cpp's own HTTP server on a Unix socket.

The server comes from the PyPI wheel `xllamacpp`, unpacked into a directory on PYTHONPATH; nothing
is compiled and nothing else is needed. Started and watched by `spillway up`.
"""
import argparse
import os
import signal
import sys
import threading

import xllamacpp


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="the GGUF file")
    parser.add_argument("--alias", required=True, help="the name under which the model is served")
    parser.add_argument("--socket", required=True, help="the Unix socket's path, ending in .sock")
    parser.add_argument("--slots", type=int, required=True, help="requests served at a time")
    parser.add_argument("--context", type=int, required=True, help="tokens one request may have")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--supervisor", type=int, help="exit unless this process is our parent")
    return parser.parse_args()


def parameters(options):
    p = xllamacpp.CommonParams()
    p.model.path = options.model
    p.model_alias = {options.alias}
    p.hostnames = [options.socket]
    p.n_parallel = options.slots
    # Every slot has its own part of the cache, so the engine itself refuses what is too long.
    p.n_ctx = options.slots * options.context
    p.kv_unified = False
    p.fit_params = False
    p.cpuparams.n_threads = options.threads
    p.cpuparams_batch.n_threads = options.threads
    p.embedding = True
    p.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    p.endpoint_metrics = True
    p.endpoint_slots = True
    p.cache_prompt = True
    # A cache beside the slots would show one customer what another has asked.
    p.cache_ram_mib = 0
    p.offline = True
    p.ui = False
    return p


def main():
    options = arguments()
    # The kernel kills us when the supervisor dies, but not if it died before it was asked to.
    if options.supervisor is not None and os.getppid() != options.supervisor:
        sys.exit("the supervisor has gone")
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if os.path.exists(options.socket):
        os.unlink(options.socket)
    server = xllamacpp.Server(parameters(options))
    print("listening on", server.listening_address, flush=True)
    stop.wait()
    sys.stdout.flush()
    # The server's own threads are cut here: whoever asked us to stop has drained us before.
    os._exit(0)


if __name__ == "__main__":
    main()
