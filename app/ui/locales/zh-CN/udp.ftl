# 引擎对数据报的说明。
note-udp-joined = 已加入组播组 { $group }
note-udp-left = 已退出组播组 { $group }
note-udp-fragments = { $bytes } 字节的数据报在以太网上要分片发送（一次最多 { $most } 字节）：丢失任何一片，整个数据报就丢失
note-udp-not-sent = 未发送的数据报：{ $count } 个（{ $why }）
note-udp-more-not-sent = 另有未发送的数据报：{ $count } 个
note-udp-unread = 现在无法接收：{ $error }
note-udp-dropped = 数据报来得太快，系统丢弃了 { $count } 个
note-udp-cut = 一个数据报超过 { $most } 字节，超出部分被截断
note-udp-no-half = UDP 没有连接，不能半关闭
note-not-sent-long = 未发送：一个数据报最多 { $most } 字节，而这里有 { $bytes } 字节
told-datagram-long = 一个数据报最多 { $most } 字节
told-broadcast-off = { $address } 是广播地址：请先允许广播（--broadcast）
told-bind-multicast = { $address } 是组播地址：请在本机地址上接收，并加入该组（--group）
told-no-group = { $address } 不是组播地址：组播地址为 224.0.0.0 到 239.255.255.255，以及 ff00::/8
told-not-joined = 无法加入组播组 { $group }：{ $error }
transfer-no-datagrams = { $protocol } 需要连接：数据报可能丢失或乱序。可以发送原始数据，每块一个数据报
