"""Counts are kept by all connections at once."""

import threading

from protocols.loopback.surroundings import Traffic


def test_counts_of_many_threads_add_up() -> None:
    traffic = Traffic()
    threads = [
        threading.Thread(target=lambda: [traffic.add(requests=1, bytes_sent=2) for _ in range(200)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (traffic.requests, traffic.bytes_sent, traffic.logons) == (800, 1600, 0)
