# A session's header, clients, statistics, detail.
more-actions = More actions
disconnect = Disconnect
stop-listening = Stop listening
baud-rate = { $baud } baud
clients = Clients
clients-count = { $count ->
    [one] { $count } client
   *[other] { $count } clients
}
clients-none = No client yet
client-spoken = Client { $client }, { $state }
client-close = Disconnect (FIN)
client-half-close = Half-close
client-reset = Reset (RST)
client-choose-hint = Click to send only to the clients that are chosen
client-filter = Show only this client
client-known = Name and encoding…
client-title = Clients at { $address }
client-name-hint = What this client is called
client-own-encoding = Its own
client-known-hint = Kept for this address, whatever port a client comes from. What is sent to it is written in its own encoding; the log is shown in the session's.
clients-search = Search: number, name, address
clients-closed = Closed ({ $count })
clients-closed-hint = Shows or hides the clients that have gone: the latest 64
clients-clear = Clear
clients-clear-hint = Takes them out of this list. The log keeps all that they said
copy-address = Copy address
records = { $count } rec
counter-exact = { $bytes ->
    [one] { $bytes } byte
   *[other] { $bytes } bytes
} in { $records ->
    [one] { $records } record
   *[other] { $records } records
}, peak { $peak }
on-disk = { $bytes } on disk
retired = The oldest { $bytes } were let go to keep within the limit
integrity = Integrity
integrity-hint = What passed, to compare with the other end
integrity-hint-run = What passed in this run, to compare with the other end. What the log shows of earlier runs is not in it
this-run = this run
this-run-why = Counts, rates and digests are of this run. The log, and what is on disk, begin with the history of earlier runs
bytes-count = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
}
direction-all = All
direction-in = Received
direction-out = Sent
detail-event = Event
detail-row-estimated = row ≈ { $number }
detail-row = row { $number }
detail-gap = +{ $ms } ms
log = Log
log-scroll = Scroll the log
log-all-hidden = All rows are hidden by the filter or cleared
log-looking = No row so far: { $percent } % looked through
log-not-started = Not started yet: { $keys } starts it
log-empty = Nothing here yet
terminal = Terminal
terminal-scroll = Scroll the terminal
terminal-options = Terminal options
terminal-enter = Enter sends
terminal-backspace = Backspace sends
terminal-echo = Show what is sent (local echo)
terminal-implicit-cr = LF begins a new line (implicit CR)
terminal-implicit-cr-why = For devices that send LF without CR, whose lines stand like a staircase
terminal-typing = Paste as a person types
terminal-typing-why = Each line, a pause, its end, a pause: consoles that tell pasted text by its speed obey it then. Ctrl+C or Escape gives up
terminal-paste = Paste
terminal-select-all = Select all
terminal-reset = Clear the terminal
terminal-leave = { $keys } leads back to the log
terminal-size = Columns and rows. Nothing tells the other side of them: in a shell, stty cols { $columns } rows { $rows } does
terminal-idle = Not connected: what is typed is not sent
terminal-saved = A capture that is looked at: nothing is sent
terminal-skipped = { $bytes } came too fast for the terminal; the log has them
terminal-no-thread = The system has no thread left for a terminal
paste-title = Paste several lines?
paste-lines = { $lines ->
    [one] It has a line end. A console obeys it at once.
   *[other] It has { $lines } line ends. A console obeys each line at once.
}
paste-more = { $lines ->
    [one] { $lines } more line
   *[other] { $lines } more lines
}
paste-one-line = Paste as one line

bridge-chip = ⇄ { $session }
bridge-chip-hint = Bridged: what one of the two receives the other sends. The menu at the right ends it.
# The faults of a relay.
fault-name-read-rate = Read at most (fault)
fault-read-rate-hint = A slow reader: so many bytes of each connection in a second; 0: as fast as they come.
fault-stop-reading-on = Read nothing
fault-stop-reading-hint = So that the window of the other end closes; what it sends waits with it.
faults = Faults on the way
faults-hint = Changed at once, in connections that stand too; 0 switches one off.
faults-clear = No faults
fault-up = Up
fault-down = Down
fault-ways = Up: from the client to the target. Down: from the target to the client.
fault-name-latency = Latency
fault-name-jitter = Jitter
fault-name-rate = Rate
fault-name-slicer = Slicer
fault-name-slicer-variation = Slice variation
fault-name-slicer-delay = Between slices
fault-name-coalesce = Coalesce
fault-name-coalesce-time = Coalesce at most
fault-name-corrupt = Corrupt
fault-name-limit-data = FIN after
fault-name-reset-after = RST after
fault-name-silence-after = Silence after
fault-name-slow-close = Slow close
fault-name-timeout = Timeout
fault-timeout-hint = Nothing passes, and the connection is closed after this long; 0: never.
fault-name-reset-peer = Reset peer
fault-reset-peer-hint = The connection is reset (RST) after this long.
fault-name-stop-reading = Stop reading
fault-name-accept-delay = Delayed accept
fault-name-refuse = Refuse clients
fault-name-seed = Seed
unit-per-thousand = ‰
