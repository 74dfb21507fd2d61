# 日志的显示方式。
view-text = 文本
view-hex = HEX
view-both = HEX + 文本
view-encoding = 编码
view-encoding-search = 搜索编码
framing = 分行方式
framing-message = 按消息
framing-line = 按换行
framing-packet = 按数据包
framing-gap = 按静默间隔
framing-gap-length = 静默间隔
look = 显示选项
clock = 时间
clock-local = 当天时间
clock-date = 日期和时间
clock-since-start = 距开始
clock-since-previous = 距上一行
clock-off = 不显示
sgr = ANSI 颜色
sgr-shown = 显示颜色
sgr-stripped = 去除
sgr-raw = 显示为字符
controls-visible = 显示控制字符
events-shown = 显示连接事件
bytes-per-row = 每行字节数
bytes-fitted = 自适应
offsets-shown = 显示偏移量
pause = 暂停滚动
follow = 自动滚动
log-paused = 已暂停 · { $count } 条新消息 ↓
copy-as = 复制为
copy-selected = 选中的行
copy-all = 显示的所有行
copy-text = 复制文本
copy-timed = 复制（带时间）
copy-hex = 复制十六进制
copy-c = 复制 C 数组
## The menu of a row.
find-this = 查找“{ $text }”
highlight-this = 高亮“{ $text }”
filter-this = 只显示含“{ $text }”的行
send-again = 再次发送
send-received = 发送这些字节
bookmark-row = 添加书签
bookmark-remove = 移除书签
bookmarks-full = 书签数量已达上限，请先移除一个
measure-from = 从此行开始计时
measure-stop = 停止计时
highlights = 高亮规则
highlights-hint = 匹配的行会被标记
highlight-number = 高亮规则 { $number }
highlight-color = 换一种颜色
highlight-add = 添加规则
pattern = 要标记的文本
regex = 正则表达式
find-case = 区分大小写
find-at = 第 { $at } / { $hits } 处
find-hits = { $hits ->
    [0] 没有找到
   *[other] 共 { $hits } 处
}
find-searched = { $percent } %
## 折叠的崩溃信息。
rows-folded = 另有 { $rows } 行
fold = 重新折叠
unfold = 展开
fold-panics = 折叠崩溃信息
## The timeline.
timeline = 时间线
timeline-empty = 暂无内容：任何会话中发生的事都会按同一时钟显示在这里
timeline-failed = 无法打开时间线：磁盘是否已满？
timeline-full = 有 { $count } 个会话未列入：一条时间线最多容纳 { $limit } 个
timeline-session-closed = 该会话及其日志已关闭，它的行仍保留在这里
timeline-row-hidden = 该行在此日志中已被过滤或清空，这是离它最近的一行
timeline-all-hidden = 该行在此日志中，但所有行都已被过滤或清空
timeline-jump = 在 { $session } 的日志中显示
timeline-closed = { $session }（已关闭）
timeline-chip-hint = 点击以显示或隐藏它的行，不会丢弃任何内容
timeline-only = 只显示此会话
timeline-all = 全部会话
timeline-open-tab = 转到它的日志
timeline-clock = { $board } 的时钟：0 ms = { $time } ±{ $ms } ms
timeline-clock-late = { $board } 的时钟：0 ms ≤ { $time }
timeline-clock-hint = 开发板自身时钟为零的时刻，以本机时钟表示。它由开发板对我们的字节和连接的说明估算而来：原因不会晚于结果。开发板事件在时间线上的位置以此为误差。
## Log lines of a board.
level = 级别
level-all = 全部级别
level-error = 仅错误
level-warning = 警告及以上
level-info = 信息及以上
level-debug = 调试及以上
tag = 标签
tags-seen = 出现过的标签
tag-all = 全部标签
tag-only = 只看标签 { $tag }
tag-hide = 隐藏标签 { $tag }
tag-hidden = 不含 { $tag }
## The filter.
filter-text = 只显示包含…的行
filter-shown = 显示 { $shown } / { $rows } 行
filter-peers = { $count } 个客户端
filter-reset = 显示全部
clear-undo = 恢复已清空的行
log-damaged =
    { $places ->
        [one] 此捕获有 { $bytes } 字节缺失或损坏
       *[other] 此捕获有 { $bytes } 字节缺失或损坏，共 { $places } 处
    }
log-damaged-at = 第一处在第 { $at } 字节。其余内容均已显示。
log-torn = 此捕获末尾的 { $bytes } 字节不是完整记录，未显示
log-torn-why = 写入它的程序在记录写到一半时结束，或其后写入了别的内容
