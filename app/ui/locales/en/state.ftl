# Where sessions and connections stand, and why they ended.
state-idle = Not connected
state-not-listening = Not listening
state-closed = Closed
state-connecting = Connecting…
state-connected = Connected
state-peer-half-closed = Peer half-closed (FIN)
state-half-closed = Half-closed by us
state-listening = Listening
state-open = Open
state-waiting = Waiting to retry
state-unplugged = Gone, waiting to be plugged in
state-waiting-for = { $reason }, again in { $seconds } s
state-waiting-port = Waiting to be plugged in
end-closed-by-peer = Closed by peer
end-closed-by-us = Closed by us
end-reset-by-peer = Reset by peer (RST)
end-reset-by-us = Reset by us (RST)
end-keepalive-lost = Peer lost
end-board-restarted = Board restarted
end-refused = Refused
end-timed-out = Timed out
end-unreachable = Unreachable
end-name-not-found = Name not found
end-bind-failed = Bind failed
end-over-limit = Over the limit
end-tls-failed = TLS failed
end-truncated = Cut off (no close_notify)
end-capture-failed = Log not writable
end-port-gone = Port unplugged
end-port-busy = Port busy
end-port-forbidden = No permission
end-other = Failed
advice-closed-by-peer = The peer closed the connection in order
advice-closed-by-us = We closed the connection in order
advice-reset-by-peer = The peer broke the connection off; it may have crashed or closed with data unread
advice-reset-by-us = We broke the connection off
advice-keepalive-lost = The peer no longer answers; check its power, cable or Wi-Fi
advice-board-restarted = The board restarted, as its console says; TCP alone would have noticed when it next sent something
advice-refused = The computer answers, but nobody listens on this port; check the port and that the server runs
advice-timed-out = No answer; check the address, and firewalls in between
advice-unreachable = There is no way to this address; check the network
advice-name-not-found = This name has no address; check its spelling
advice-bind-failed = The local address is in use, not ours or not allowed; choose another port
advice-over-limit = The server already serves as many clients as its limit allows
advice-tls-failed = Both ends found no secure connection; the log says which certificate, version or file is the reason
advice-truncated = The peer sent FIN without ending TLS: what it had to say may not be all here
advice-capture-failed = The log could not be written, so the session stopped rather than lose bytes; free some disk space
advice-port-gone = The serial port is gone; plug it in again
advice-port-busy = Another program holds the serial port; close it there
advice-port-forbidden = This user may not open the serial port; see the README for what to do
advice-other = The operating system gave another reason

# What happened, as lines of the log.
event-connecting = connecting to { $target }
event-connected = connected to { $remote } from { $local }
event-listening = listening on { $local }
event-stopped = stopped listening
event-accepted = { $remote } connected
event-peer-half-closed = the peer sent FIN
event-half-closed = we sent FIN
event-ended = { $reason } · { $detail }
event-mark = Mark: { $text }
event-retry = attempt { $attempt } in { $seconds } s
event-backtrace = backtrace, decoded with { $symbols }
event-backtrace-core = backtrace of core { $core }, decoded with { $symbols }
event-backtrace-nameless = no symbols fit this program: choose its ELF file (in the ⋯ menu or the board panel), and the backtrace is decoded
event-port-opened = opened { $port } at { $baud } baud
## What a board did, on a timeline.
event-board-said = board: { $line } [±{ $ms } ms]
event-board-said-late = board: { $line } [not later]
event-board-started = the board started: { $cause }
event-board-cut-off = the board restarted; { $bytes ->
    [one] { $bytes } byte was
   *[other] { $bytes } bytes were
} in flight to it
event-board-panicked = the board panicked: { $message }
