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
log-paused = 已暂停 · { $count } 行新内容 ↓
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
## Where rows begin and end.
framing-cr = 按 CR
framing-delimiter = 按分隔符
framing-length = 按固定长度
framing-frame = 按帧
framing-delimiter-number = 分隔符 { $number }
framing-delimiter-remove = 删除分隔符 { $number }
framing-delimiter-add = 添加分隔符
framing-in-hex = { $what }（十六进制）
frame-header = 帧头
frame-footer = 帧尾
frame-length = 长度字段
frame-length-at = 起始字节
frame-length-width = 字节数
frame-length-order = 长度的字节序
frame-length-add = 加上
frame-check = 校验
frame-check-name = 校验算法
frame-check-order = 校验的字节序
frame-check-from = 校验起始
frame-check-behind = 其后字节数
frame-longest = 最长
order-little = 低字节在前
order-big = 高字节在前
## The second time before rows, and how control characters look.
delta = 行间时间
delta-off = 不显示
delta-previous = 距上一显示行
delta-reference = 距测量起点
control-dot = 点
control-picture = 图形
## Places of a log.
places = 书签与时刻
go-to-time = 转到时间
moment-go = 转到
moment-hint = 14:03:07、2026-11-27 14:03、+12.5
moment-wrong = 请写时间、日期加时间，或 + 加距开始的秒数
bookmarks = 书签
bookmarks-none = 还没有：在行的菜单里添加
bookmark-next = 下一个书签
bookmark-previous = 上一个书签
bookmark-go = 转到 { $time } 的书签
bookmark-name = 书签 { $number } 的名称
bookmark-name-hint = 名称
bookmark-remove-number = 删除书签 { $number }
find-hex = 十六进制字节：AA ?? 55
find-word = 全字匹配
filter-not = 不含此内容的行
filter-since = 起始时间
filter-until = 截止时间
filter-range = 时间范围
filter-ranged = 已限定
filter-how = 匹配方式
