# The send box.
send = Send
send-field = Message to send
send-placeholder = Write a message…
send-hint = Enter sends, Shift+Enter makes a new line, ↑ brings back earlier ones
send-options = Options of sending
send-to-all = { $count ->
    [one] to the only client
   *[other] to all { $count } clients
}
send-to-some = to { $count } chosen
send-text = Text
send-hex = Hex
send-escapes = Escapes
send-escapes-hint = \r \n \t \\ \0, \x41 for a byte, \u{"{"}4E2D{"}"} for a character
send-ending = Line ending
ending-none = No ending
ending-lf = LF
ending-cr = CR
ending-crlf = CR LF
send-history = Sent before
send-history-empty = Nothing sent yet
send-bytes = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
}
cycle = Send again and again
cycle-every = Every
cycle-period = Period
cycle-endless = Until stopped
cycle-count = How often
cycle-times = times
cycle-start = Start
cycle-stop = Stop sending
cycle-progress = { $sent } of { $count } sent
cycle-sent = { $sent } sent
queued = { $bytes } waiting to be sent
checksum = Checksum
checksum-append = Append a checksum
checksum-search = Search algorithms
checksum-low = Low byte first
checksum-high = High byte first
checksum-binary = As bytes
checksum-digits = As hex digits
checksum-skip-start = Bytes left out at the start
checksum-skip-end = Bytes left out at the end
fault-not-hex = “{ $character }” is not a hex digit: use 0–9 and A–F, with spaces or commas between
fault-half-byte = Half a byte (hex digits: { $digits }): a byte has two; put a 0 before it
fault-escape = Unknown escape: use \r \n \t \0 \\ \xNN \u{"{"}…{"}"}, or \\ for a backslash
fault-byte-escape = \x needs two hex digits, as in \x1B
fault-character-escape = \u needs the number of a character, as in \u{"{"}4F60{"}"}
fault-unencodable = { $encoding } has no “{ $character }”: choose another encoding, or send its bytes with \xNN
fault-checksum-range = { $skipped ->
    [one] The checksum leaves out { $skipped } byte
   *[other] The checksum leaves out { $skipped } bytes
}, of { $bytes }
send-gone = #{ $number } has gone: choose, or send to all
send-closed = #{ $number } cannot receive any more (FIN sent): choose, or send to all
send-nobody = Nobody is connected
send-full = Too much waits to be sent already
send-choose-all = Send to all
