# The send box.
send = Send
send-field = Message to send
send-placeholder = Write a message…
send-hint = Enter sends, Shift+Enter makes a new line, ↑ brings back earlier ones
send-to-all = to all { $count }
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
send-bad-hex = “{ $place }” is not a hex digit
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
