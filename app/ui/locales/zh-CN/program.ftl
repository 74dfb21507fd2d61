# 程序日志与崩溃报告。
command-program-log = 程序日志
program-level = 级别
program-level-error = 错误
program-level-warn = 警告
program-level-info = 信息
program-level-debug = 调试
program-level-trace = 跟踪
program-copy = 复制程序日志
program-save = 保存程序日志
program-save-hint = 以文本保存当前显示的各行；其中没有收发或输入的内容。
program-clear = 清空程序日志
program-close = 关闭程序日志
program-lines = { $lines } 行
program-gone = 更早的 { $lines } 行已移除
program-nothing = 该级别没有内容
program-alert = { $count ->
    [1] { $text }
   *[other] { $text }（程序日志中共 { $count } 条）
}
crash-offer = Espalier 上次崩溃，留下了一份报告
crash-title = 崩溃报告
crash-hint = 报告只在这台电脑上，其中没有收发或输入的内容。
crash-show = 查看报告
crash-keep = 保留
crash-delete = 删除
