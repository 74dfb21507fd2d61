# What the engine tells of what TCP knows.
figures-sent-again = { $count ->
    [one] { $count } segment
   *[other] { $count } segments
} sent again
figures-bytes-again = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
} sent again
figures-window-closed = the other end takes nothing more for now: its receive window is 0
figures-window-opened = the other end takes data again: its receive window is { $bytes ->
    [one] { $bytes } byte
   *[other] { $bytes } bytes
}
figures-mtu = the path takes packets of { $is } bytes now, and not of { $was }
figures-segment-size = segments are { $is } bytes long at most now, and not { $was }
figures-backlog-full = { $count ->
    [one] { $count } attempt to connect was
   *[other] { $count } attempts to connect were
} dropped, because the backlog is full
figures-dropped = { $count ->
    [one] { $count } attempt to connect was
   *[other] { $count } attempts to connect were
} dropped by the system
figures-summary = in all { $count ->
    [one] { $count } segment was
   *[other] { $count } segments were
} sent again; round-trip time { $time } ms
figures-summary-only = in all { $count ->
    [one] { $count } segment was
   *[other] { $count } segments were
} sent again
figures-bytes-summary = in all { $count ->
    [one] { $count } byte was
   *[other] { $count } bytes were
} sent again; round-trip time { $time } ms
figures-bytes-summary-only = in all { $count ->
    [one] { $count } byte was
   *[other] { $count } bytes were
} sent again
figures-unacknowledged = { $bytes ->
    [one] { $bytes } byte that counts as sent was
   *[other] { $bytes } bytes that count as sent were
} never acknowledged by the other end
told-figures-none = this system tells nothing of its connections
told-figures-listener = listener: { $waiting } waiting in the backlog of { $limit }, { $dropped } dropped
told-figures-listener-waiting = listener: { $waiting } waiting in the backlog of { $limit }
told-figures-more = and more connections: { $count }
told-figures-connects = connections made: { $count }; p50 { $p50 } ms, p90 { $p90 } ms, p99 { $p99 } ms, longest { $max } ms
told-figures-no-answers = answers: none
told-figures-answers = answers: { $count }; p50 { $p50 } ms, p90 { $p90 } ms, p99 { $p99 } ms, longest { $max } ms
