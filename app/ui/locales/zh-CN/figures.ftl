# 引擎对 TCP 内部状况的说明。
figures-sent-again = 重传了 { $count } 个报文段
figures-bytes-again = 重传了 { $count } 字节
figures-window-closed = 对方暂时不再接收：其接收窗口为 0
figures-window-opened = 对方恢复接收：其接收窗口为 { $bytes } 字节
figures-mtu = 路径现在允许 { $is } 字节的数据包（之前为 { $was }）
figures-segment-size = 报文段现在最长 { $is } 字节（之前为 { $was }）
figures-backlog-full = backlog 已满，{ $count } 次连接请求被丢弃
figures-dropped = { $count } 次连接请求被系统丢弃
figures-summary = 共重传了 { $count } 个报文段；往返时间 { $time } ms
figures-summary-only = 共重传了 { $count } 个报文段
figures-bytes-summary = 共重传了 { $count } 字节；往返时间 { $time } ms
figures-bytes-summary-only = 共重传了 { $count } 字节
figures-unacknowledged = 算作已发送的数据中，有 { $bytes } 字节对方从未确认
