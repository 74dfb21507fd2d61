# The chat pane.
chat-join-title = Be a member of a chat room
chat-join-hint = With a room of Espalier messages surely arrive, over broken connections too. With other servers they are lines of plain text. The log of the same bytes stays one click away.
chat-name = Nickname
chat-name-hint = the name of this computer
chat-join = Join
chat-leave = Leave
chat-state-live = in the room
chat-state-greeting = greeting the room …
chat-state-plain = plain text, without acknowledgement
chat-state-off = not connected
chat-state-left = left the room
chat-state-hint = A message is sent again until the room has acknowledged it; a broken connection is gone on with where it was.
chat-waiting = { $count } not taken yet
chat-unknown-bar = { $count ->
    [one] { $count } message was heard or not: the room does not know us any more
   *[other] { $count } messages were heard or not: the room does not know us any more
}
chat-say-again = Say again
chat-all = All
chat-unread = { $name } ({ $count })
chat-members = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
chat-member-away = { $name } (away)
chat-member-hint = Talk with { $name } alone
chat-input = Message to all, or /msg NAME text, /me text, /nick NAME, /who
chat-input-private = Message to { $name } alone
chat-say = Say
chat-name-bad = A nickname has 1 to 16 bytes, no space and none of : > * / #.
chat-ended-hint = The session is ended. Start it to say something.
chat-off-hint = Without a connection, messages wait and are sent when it is back.
chat-earlier = Earlier lines are in the log.
chat-nothing = Nothing has been said yet.
chat-message-waiting = waits
chat-message-sent = sent
chat-message-taken = taken
chat-message-unknown = heard or not
