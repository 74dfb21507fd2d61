# What the engine tells of datagrams.
note-udp-joined = joined the multicast group { $group }
note-udp-left = left the multicast group { $group }
note-udp-fragments = a datagram of { $bytes } bytes is sent in fragments over Ethernet, which carries { $most } bytes at once: if one is lost, all of it is
note-udp-not-sent = datagrams not sent: { $count } ({ $why })
note-udp-more-not-sent = more datagrams were not sent: { $count }
note-udp-unread = cannot receive now: { $error }
note-udp-dropped = the system dropped { $count } datagrams that came faster than they were taken
note-udp-cut = a datagram was longer than { $most } bytes and was cut there
note-udp-no-half = UDP has no connections, and nothing to close half of
note-not-sent-long = not sent: a datagram holds { $most } bytes at most, and this has { $bytes }
told-datagram-long = a datagram holds { $most } bytes at most
told-broadcast-off = { $address } is a broadcast address: allow broadcast (--broadcast) to send there
told-bind-multicast = { $address } is a multicast group: receive at an address of this computer, and join the group (--group)
told-no-group = { $address } is no multicast group: those are 224.0.0.0 to 239.255.255.255, and ff00::/8
told-not-joined = cannot join the multicast group { $group }: { $error }
transfer-no-datagrams = { $protocol } needs a connection: datagrams may be lost, or come in another order. Raw bytes can be sent, each chunk a datagram
