# UDP in the window: the kind of session, its form, its peers.
role-udp = UDP
new-udp = UDP
new-udp-hint = Exchange datagrams
command-new-udp = New UDP session…
udp-remote = Send to
udp-remote-hint = host:port; empty: whoever sent last
udp-bind = Receive at
udp-bind-hint = All interfaces; or an address
udp-groups = Groups
udp-groups-hint = 239.1.2.3, ff02::1:3 to join
udp-interface = Interface
udp-interface-hint = The system's choice; or a name, a number, an address
udp-ttl = TTL
udp-ttl-own = Own hop limit
udp-loopback = Own multicast
udp-loopback-on = Hear it on this computer, too
udp-broadcast = Broadcast
udp-broadcast-on = Allow sending to broadcast addresses
udp-reuse = Shared port
udp-reuse-on = Share it with other programs
udp-running-hint = Groups and options apply at once; addresses and ports at the next opening
problem-udp-remote = Whom to send to is a host and a port from 1 to 65535
problem-udp-group = This is no multicast group
problem-udp-multicast = A multicast group cannot be received at: join it as a group
peers = Peers
peers-count = { $count ->
    [one] { $count } peer
   *[other] { $count } peers
}
peers-none = Nobody has sent anything yet
peer-forget = Forget this peer
state-heard-of = Known
send-to-all-peers = { $count ->
    [one] to the only peer
   *[other] to all { $count } peers
}
send-to-remote = to { $peer }
send-to-last = to { $peer }, who sent last
send-to-first = to whoever sends first
send-choose-counterpart = Send to one
send-too-long = A datagram holds { $most } bytes at most
end-idle = Idle
end-displaced = Displaced
end-forbidden = Not allowed
advice-idle = Nothing moved for 5 minutes; the next datagram makes it a peer again
advice-displaced = There are more peers than are remembered, and nothing moved here for longest
advice-forbidden = The system does not allow it
event-met = peer { $remote }
event-undelivered = the network did not deliver { $count ->
    [one] a datagram
   *[other] { $count } datagrams
}: { $detail }
event-undelivered-to = the network did not deliver { $count ->
    [one] a datagram
   *[other] { $count } datagrams
} to { $remote }: { $detail }
event-undelivered-more = the network did not deliver { $count ->
    [one] one more datagram
   *[other] { $count } more datagrams
}
