# The window itself.
new-session = New session
close = Close
# What a control does, and the keys that do the same.
with-keys = { $name } ({ $keys })
nothing-matches = Nothing matches
cancel = Cancel
apply = Apply
save = Save
open = Open
remove = Remove
copy = Copy
copied = Copied
copied-rows = { $rows ->
    [one] Copied { $rows } row
   *[other] Copied { $rows } rows
}
saved = Saved { $path }
busy = Nothing was done: { $reason }
theme = Theme
theme-system = Like the system
theme-light = Light
theme-dark = Dark
language = Language
welcome-line = TCP, as it really happens
welcome-client = Connect
welcome-client-hint = Be a client: talk to a server, a device or a board
welcome-server = Listen
welcome-server-hint = Be a server: let clients come and answer them
welcome-serial = Serial port
welcome-serial-hint = Monitor a board or a device on a cable
welcome-keys = { $palette } finds every command
recent = Recent
connect-to = Connect to { $address }
tab-spoken = { $role } { $title }, { $state }{ $unread ->
    [0] { "" }
   *[other] , { $unread } unread
}
title-any-port = any port
role-client = Client
role-server = Server
role-relay = Relay
role-serial = Serial port
