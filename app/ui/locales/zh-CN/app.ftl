# 窗口本身。
new-session = 新建会话
close = 关闭
# 控件的作用，以及快捷键。
with-keys = { $name }（{ $keys }）
nothing-matches = 没有匹配项
cancel = 取消
apply = 应用
save = 保存
open = 打开
remove = 删除
copy = 复制
copied = 已复制
copied-rows = 已复制 { $rows } 行
saved = 已保存到 { $path }
busy = 操作未执行：{ $reason }
theme = 主题
theme-system = 跟随系统
theme-light = 浅色
theme-dark = 深色
language = 语言
welcome-line = 看清 TCP 的每一步
welcome-client = 连接
welcome-client-hint = 作为客户端，连接服务器、设备或开发板
welcome-server = 监听
welcome-server-hint = 作为服务器，等待客户端接入并应答
welcome-serial = 串口
welcome-serial-hint = 监视通过数据线连接的开发板或设备
welcome-keys = 按 { $palette } 可查找所有命令
recent = 最近连接
connect-to = 连接到 { $address }
tab-spoken = { $role } { $title }，{ $state }{ $unread ->
    [0] { "" }
   *[other] ，{ $unread } 条未读
}
title-any-port = 任意端口
role-client = 客户端
role-server = 服务器
role-relay = 转发
role-serial = 串口
