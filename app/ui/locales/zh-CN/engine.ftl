# What the engine tells, by the keys of its sentences (`say!`). The English is the same as there.
told-port-busy-by = { $port } 正被 { $program }（进程 { $pid }）占用
hint-end-program = 在 { $program } 中关闭此端口（或结束该程序），然后重试。
told-port-busy = { $port } 正被其他程序占用
hint-close-monitors = 关闭可能占用它的串口监视器、IDE、3D 打印机或调制解调器程序，然后重试。
told-port-forbidden = 无权打开 { $port }：权限被拒绝
told-port-gone = { $port } 不存在
hint-plug-in = 用能传输数据的线缆（许多线缆只能充电）插上开发板，再在端口列表中查看它的名称。
told-no-such-board = 没有插着 { $name } 所指的开发板
hint-no-such-board = 插上它，或在端口列表（espalier ports）中查看它的序列号。
told-several-boards = { $name } 指向多个端口：{ $ports }
hint-several-boards = 请写其中一个端口名，或端口列表中它所在的 USB 插口（usb:1-1.2）。
hint-access = 为自己取得该设备的访问权：加入它所属的组，或添加 udev 规则（{ $rule }）。
hint-access-group = 加入 { $group } 组（sudo usermod -aG { $group } $USER），然后注销并重新登录；或添加 udev 规则（{ $rule }）。
hands-buttons = 按住 BOOT，按一下 RST（EN），松开 BOOT。
hands-pins = 按住 BOOT，按一下 RST（EN），松开 BOOT。没有按键时：把 GPIO{ $pin } 接到 GND（{ $partner }），同时让 EN 变低再变高。
hands-any = 按住 BOOT，按一下 RST（EN），松开 BOOT。没有按键时：把启动引脚接到 GND，同时让 EN 变低再变高。ESP32、S2、S3 是 GPIO0；C2、C3、C6、C61、H2 是 GPIO9；C5 是 GPIO28；P4 是 GPIO35；S31 是 GPIO61。
told-cancelled = 已取消：没有写入任何内容
told-cancelled-halfway = 已取消：板上的程序不完整
hint-cancelled-halfway = 下载程序仍在运行：现在或以后再烧录即可；已写入的内容不会重复写入。
told-no-symbols = { $file } 不能用作符号文件
hint-elf = 请选择构建生成的 ELF 文件。
told-flash-too-small = 固件需要 { $needed } KiB 闪存，这块 { $chip } 只有 { $size } KiB
hint-more-flash = 请使用闪存更大的开发板。
hint-no-wifi = 此芯片没有 Wi-Fi，无法运行该固件。可以烧录自己的文件。
hint-own-files = 可以烧录自己的文件。
hint-images-for = 有适用于 { $chips } 的镜像。也可以烧录自己的文件。
told-no-image = 本程序没有适用于 { $chip } 的固件
told-damaged = 本程序自带的固件已损坏
hint-reinstall = 请重新安装本程序。
told-port-not-opened = 无法打开 { $port }：{ $error }
hint-serial = 它是串口吗？名称必须是端口列表中的一个。
told-no-stick-parity = 本系统无法设置标志或空格校验
hint-no-stick-parity = 请选择无校验、奇校验或偶校验。
told-half-stop = 1.5 个停止位只能与 5 个数据位一起使用
hint-half-stop = 请选择 5 个数据位，或 1 或 2 个停止位。
told-two-stop = 5 个数据位时，串口硬件会把 2 个停止位变成 1.5 个
hint-two-stop = 请选择 1 或 1.5 个停止位。
told-encrypted = 这块 { $chip } 的闪存已加密：未加密的程序无法启动
hint-encrypted = 闪存加密已烧入 eFuse。请换一块开发板，或使用密钥持有者的工具。
told-secure-download = 这块 { $chip } 处于安全下载模式：无法读取、校验，也无法装入下载程序
hint-secure-download = 该模式由设备制造者烧入 eFuse。请换一块开发板。
told-unknown-chip = 芯片报告的编号是 { $number }，本程序不认识
hint-newer-program = 更新版本的本程序或许认识它。
told-unsupported-chip = 下载程序有应答，但此芯片不能在这里烧录
hint-unsupported-chip = 不支持 ESP8266 以及比本程序更新的芯片。
told-no-flash-chip = 芯片无法与闪存通信
hint-no-flash-chip = 可能有其他电路拉住了闪存引脚（ESP32 为 GPIO6 至 GPIO11）：请断开它。否则就是闪存或其焊点损坏。
told-loader-failed = 下载程序报告操作失败
hint-loader-failed = 检查供电（线缆过长或集线器可能供电不足），然后重新烧录；若再次失败，请降低速率。
told-went-away = 烧录过程中开发板断开了
hint-went-away = 重新插上（若再次发生，请更换线缆或端口），然后重新烧录：已写入的内容不会重复写入。
told-link-breaks = 在所有速率下与开发板的连接都会中断
hint-link-breaks = 使用更短的线缆或其他 USB 端口，不要经过集线器，断开接在板上的其他设备，然后重新烧录。
told-no-sync = 开发板的下载程序没有应答
hint-no-sync = 按住 BOOT，按一下 RST（EN），松开 BOOT。没有按键时：把启动引脚接到 GND，同时让 EN 变低再变高。ESP32、S2、S3 是 GPIO0；C2、C3、C6、C61、H2 是 GPIO9；C5 是 GPIO28；P4 是 GPIO35；S31 是 GPIO61。然后重试。还要确认线缆能传输数据，且 TX 和 RX 上没有接其他设备。
told-not-as-written = 闪存 { $address } 处（{ $part }）的内容与写入的不一致
told-differs = 闪存 { $address } 处（{ $part }）的内容与文件不同
hint-differs = 这是另一个程序或另一个版本，或之后被改动过：如需与文件一致，请烧录。
hint-flash-again = 请重新烧录。若再次发生：检查供电并降低速率；闪存可能已老化。
told-other-chip = 板上是 { $chip }，不是 { $wanted }
hint-other-chip = 请换另一块开发板，或让程序自行识别芯片。
told-elf-address = { $file } 是 ELF 文件，自带地址
hint-no-address = 请去掉地址。
told-no-place = { $file } 既不是 ELF，也不是 ESP 镜像或合并镜像，无法得知应写到哪里
hint-give-address = 请指定地址：ADDRESS:FILE，例如 0x10000:file.bin。
told-unreadable = 无法读取 { $file }：{ $error }
told-file-size = { $file } 的大小是 { $size } 字节
hint-another-file = 请选择其他文件。
told-revision = { $file } 需要芯片版本 v{ $needed }；这块是 v{ $has }
hint-revision = 请为此版本构建（CONFIG_ESP32…_REV_MIN），或使用更新的芯片。
told-for-other-chip = { $file } 适用于 { $other }，但板上是 { $chip }
hint-build-for = 请为 { $chip } 构建，或换一块开发板。
told-no-app = 无法用 { $file } 制作镜像
hint-app = 它必须是程序的 ELF，含 esp_app_desc!()（esp-bootloader-esp-idf）或来自 ESP-IDF。
told-for-xtensa = { $file } 适用于 Xtensa 芯片（ESP32、S2、S3），但板上是 { $chip }
told-for-risc-v = { $file } 适用于 RISC-V 芯片（C、H、P 系列），但板上是 { $chip }
told-machine = { $file } 是机器类型 { $machine } 的 ELF，不是 ESP 程序
told-nothing-to-write = 没有可写入的内容
hint-choose-file = 请选择文件。
told-bad-place = { $part } 不能从 { $address } 开始
hint-sectors = 闪存按 0x1000 擦除：请使用它的倍数。
told-overlap = 位于 { $address } 的 { $part } 与前面的内容重叠
hint-check-addresses = 请检查地址。
told-beyond-flash = { $part } 到 { $end } 结束，超出 { $size } KiB 闪存
hint-smaller = 请使用更小的程序，或闪存更大的开发板。
hint-right-place = 请改为那个位置，或不写地址：程序会自己找到。确实要这样写时用 --force（窗口中为“仍然写入”）。
hint-build-again = 请重新构建或重新复制。确实要写时用 --force（窗口中为“仍然写入”）。
told-no-table = 板上没有分区表，也没有要写入的分区表：不知道 { $part } 应写到哪里
hint-no-table = 请把引导程序、分区表和应用一起烧录（或用合并镜像、ELF），或给出地址。
told-no-partition = 分区表中没有可以放 { $part } 的分区
hint-other-table = 请同时烧录含有该分区的分区表。
told-place-bootloader = { $part } 的引导程序位于 { $address }，而 { $chip } 启动的是 { $right } 处的内容
told-place-table = { $part } 是分区表，应位于 { $right }，而不是 { $address }
told-place-merged = { $part } 是合并镜像，应从 { $right } 开始，而不是 { $address }
told-place-application = { $part } 是应用，应位于 { $right }（{ $partition }），而不是 { $address }
told-place-data = { $part } 的内容应位于 { $right }（{ $partition }），而不是 { $address }
told-over-bootloader = 位于 { $address } 的 { $part } 会覆盖引导程序，而它本身不是引导程序
told-over-table = 位于 { $address } 的 { $part } 会覆盖分区表，而它本身不是分区表
hint-over = 请换一个地址。确实要这样写时用 --force（窗口中为“仍然写入”）。
told-table-first = { $part } 中有一个分区位于 { $address }，那里正是分区表自己：它是为 { $right } 以外的位置构建的
told-no-application = { $part } 不是应用，而分区表在 { $address } 处放的是应用（{ $partition }）
told-partition-small = { $part } 有 { $size } 字节，而它的分区（{ $partition }）只有 { $room } 字节
hint-larger-partition = 请用含有更大分区的分区表构建，并同时烧录分区表。
told-revision-new = { $file } 最高只为芯片版本 v{ $most } 构建；这块是 v{ $has }
hint-revision-new = 请用更新的 ESP-IDF 或 esp-hal 构建，或使用较旧的芯片。
told-image-cut = { $part } 不完整：文件在镜像中间就结束了
told-image-segments = { $part } 不是完整的镜像：它声称有 { $count } 个段
told-image-checksum = { $part } 已损坏：校验和不对
told-image-hash = { $part } 已损坏：SHA-256 不对
told-header-flash = { $part } 是为 { $needed } KiB 闪存构建的，而这块 { $chip } 只有 { $size } KiB
hint-flash-size = 请用正确的闪存大小构建（CONFIG_ESPTOOLPY_FLASHSIZE）。确实要写时用 --force（窗口中为“仍然写入”）。
told-table-md5 = { $part } 中的分区表已损坏：MD5 不对
told-table-entry = { $part } 中的分区表已损坏：有一项不是分区
told-table-beyond = 分区表是为更大的闪存做的：{ $partition } 到 { $end } 结束，而这块 { $chip } 只有 { $size } KiB
hint-table-beyond = 请用正确的闪存大小和放得下的分区表构建，或使用闪存更大的开发板。
told-header-small = { $part } 是按 { $size } KiB 闪存构建的，而分区 { $partition } 结束于 { $end }：它会拒绝该分区表
hint-header-small = 请按板子的实际闪存大小构建引导程序，或使用放得下的分区表。
told-table-overlap = 分区表 { $part } 中的分区 { $first } 和 { $second } 重叠
told-table-misaligned = 分区表 { $part } 中的分区 { $partition } 从 { $address } 开始，那里不能放分区
told-table-unseen = espflash.toml 把分区表放在 { $address }，而 espflash 自带的引导程序在 { $usual } 处寻找它
hint-table-unseen = 请在 espflash.toml 中指定为该位置构建的引导程序（bootloader），或去掉 partition_table_offset。确实要这样写时用 --force（窗口中为“仍然写入”）。
hint-bundled-revision = 本程序的固件不能在这个芯片版本上运行：请换一块开发板。您自己的文件仍可烧录。
told-board-gone = 开发板不在
hint-board-gone = 检查线缆和端口；板子恢复后再试。
told-port-taken = 端口被其他程序占用
hint-port-taken = 结束该程序，然后重新打开端口。
told-not-allowed = 无权打开此端口
hint-not-allowed = 请取得使用它的权限。
told-port-closed = 端口已关闭
hint-port-closed = 请重新打开。
told-pty-closed = 伪终端的另一端已关闭
told-port-went-away = 端口已断开：开发板是否被拔下或断电？
told-no-interface = 没有网络接口 { $zone }；现有：{ $names }
told-file-unread = 无法读取 { $path }：{ $error }
told-file-unwritten = 无法写入 { $path }：{ $error }
told-file-newer = { $path } 由更新的版本写成：请更新 Espalier 后使用
told-file-broken = { $path } 不能使用：{ $error }
told-set-aside = { $path } 不能使用：{ $error }；已另存为 { $aside }
told-not-set-aside = { $path } 不能使用：{ $error }；也无法另存：{ $refused }
told-left-out = { $path } 第 { $line } 行：{ $error }；已略过 { $entry }，原文件已保留（{ $aside }）
told-more-left-out = { $path }：还略过了 { $count } 项
told-board-busy = 开发板仍在执行先前的命令：请稍候再试
told-board-closed = 串口已关闭：请先打开
told-board-none = 此会话没有开发板：请打开开发板的串口
told-board-under-way = 同样的操作正在进行：请等待，或将其取消
told-board-no-conversation = 仅凭串口无法执行：需要与开发板的会话
told-board-no-thread = 系统没有为此提供线程：{ $error }；请关闭一些程序后重试
framing-bytes = 无法将 { $text } 读作字节：{ $error }
framing-bytes-many = 每项最多 { $most } 字节
framing-delimiters = 分隔符为 1 到 { $most } 个
framing-delimiter-empty = 有一个分隔符为空
framing-longest = 1 到 { $longest } 字节
framing-ends = 帧需要长度字段，或帧头加帧尾
framing-length-width = 长度字段为 1、2 或 4 字节
framing-length-at = 长度字段须在帧头之后，最迟在第 255 字节
framing-check-name = 没有名为 { $name } 的校验
framing-check-tail = 校验、帧尾及两者之间最多 15 字节
pattern-hex = 字节写作成对的十六进制数字，?? 表示任意字节：AA ?? 55
told-saves-busy = 已有多个保存在进行：请等其中一个完成
foreign-begun-before = 捕获文件从该连接的中途开始
foreign-missing-received = 捕获文件中缺少 { $bytes } 字节接收数据
foreign-missing-sent = 捕获文件中缺少 { $bytes } 字节发送数据
told-save-no-thread = 无法保存：{ $error }
told-save-closed = 无法保存 { $path }：日志在保存前已关闭
told-save-retired = 无法保存 { $path }：最早的历史在此期间已被清除。请为会话保留更多历史，或重新保存
told-save-refused = 无法保存 { $path }：{ $error }
told-saved-bytes = 已将 { $count } 字节保存到 { $path }
told-saved-capture = 已将 { $count } 字节的捕获保存到 { $path }
told-saved-rows = 已将 { $count } 行保存到 { $path }
told-no-simulator = 此系统上没有模拟开发板
told-not-simulated = { $name } 不是模拟开发板
hint-simulated = 有 simulated:esp32c3、simulated:esp32 和 simulated:esp32c6，后面加编号可得到更多同款（simulated:esp32c3:2）。
told-simulator-failed = 无法启动模拟开发板：{ $error }
hint-simulator-busy = 它正在本程序的另一个窗口中运行：请关闭那个窗口，或选择另一块开发板。
hint-simulator-failed = 请先解决此问题，再重新打开端口。
## Notes in logs.
note-unsent-full = { $bytes } 字节未发送：等待发送的已太多
note-port-refuses = 端口不接受 { $asked }：{ $error }
note-no-lines = 该串口没有 DTR/RTS 控制线
note-lines = DTR { $dtr ->
    [on] 有效
   *[other] 无效
}，RTS { $rts ->
    [on] 有效
   *[other] 无效
}
note-break = 已发送 BREAK
note-no-break = 此端口无法发送 BREAK：{ $error }
note-reset = 本端复位了开发板
note-download = 本端让开发板进入了下载模式
note-no-reset = 无法从这里复位：该串口没有 DTR/RTS 控制线；请使用板上的按键
note-no-download = 无法从这里进入下载模式：该串口没有 DTR/RTS 控制线；请使用板上的按键
note-unsent-away = { $bytes } 字节未发送：开发板不在
note-unsent-flashing = { $bytes } 字节未发送：串口由下载程序占用
note-unsent-closed = { $bytes } 字节未发送：端口已关闭
note-away = 开发板不在：未执行任何操作
note-flashing = 开始烧录，期间串口由下载程序占用
note-flash-failed = 烧录未能完成：
note-flashed = 烧录顺利结束
note-being-flashed = 串口由下载程序占用：未执行任何操作
dump-whole = 完整，校验和正确
dump-unchecked = 此格式没有已知的校验和
dump-cut-off = 已损坏：没有收到结尾
dump-garbled = 已损坏：其中一行不是 base64
dump-too-large = 已损坏：超过了保留的大小
dump-unknown = 已损坏：开头不像核心转储
dump-length = 已损坏：它自称有 { $said } 字节
dump-checksum = 已损坏：校验和错误
note-dump = 核心转储 { $bytes } 字节，{ $state }；用 --core-dumps DIR 可保存
note-dump-saved = 核心转储（{ $bytes } 字节）已保存为 { $file }：{ $state }
note-dump-not-saved = 无法将核心转储保存为 { $file }：{ $error }
note-no-dump = 该核心转储已不在：被更新的报告取代
note-continued = 接着之前的记录继续
note-unsent = 排队的 { $bytes } 字节未发送
note-missed = 有 { $bytes } 字节广播未收到
note-beats-late = 定时发送：有 { $beats } 次来得太晚
note-reads-again = 重新开始读取；有 { $bytes } 字节广播未收到
note-reads-nothing = 不读取数据：在它恢复读取之前，广播会跳过它
note-accepts-again = 重新开始接受连接
note-gone-at-once = 一个连接刚建立就断开了：{ $error }
note-cannot-accept = 现在无法接受连接，它们在等待：{ $error }
note-no-cycle = 没有定时发送：{ $error }
note-cannot = 此会话不能执行：{ $command }
note-over = 连接 { $number } 已结束：跳过
note-no-connection = 没有可关闭的连接
note-not-sent-full = 未发送：等待发送的已太多（{ $bytes } 字节）
note-not-sent-nobody = 未发送：没有连接（{ $bytes } 字节）
note-not-sent-closed = 未发送：本端已关闭发送（{ $bytes } 字节）
note-not-sent-gone = 未发送：#{ $number } 已断开（{ $bytes } 字节）
note-cycle-gone = 循环发送已停止：#{ $number } 已断开或不能接收
note-not-sent-waiting = 未发送：已有 { $limit } MiB 在等待（{ $bytes } 字节）
note-refused = 系统拒绝了 { $what }：{ $error }
note-smaller = 系统给了 { $what } { $got } 字节，而不是 { $asked }
note-events-lost = 有 { $count } 个事件来不及显示
note-other-elf = { $file } 与正在运行的不是同一次构建（SHA-256 不同）：行号可能不对。请选择所烧录构建的 ELF，或烧录此构建
note-capture-deleted = 捕获文件被其他程序删除，其中的内容已丢失：{ $path }
note-capture-truncated = 捕获文件被其他程序截断或覆盖，其中部分内容已丢失：{ $path }
note-capture-replaced = 捕获文件被其他程序替换，其中的内容已丢失：{ $path }
note-capture-not-synced = 磁盘未确认已写入 { $path } 的内容：{ $error }
note-capture-torn = 已从 { $path } 末尾截去一条未写完的记录（{ $bytes } 字节）
note-capture-no-segment = 无法新建文件，捕获继续写入同一文件：{ $error }
note-events-not-kept = 捕获无法写入，{ $count } 个事件未能保留
note-clock-back = 本机时钟被往回调了 { $span }：时间戳从原处继续
note-clock-ahead = 本机时钟向前跳了 { $span }：时钟被调整，或电脑曾休眠

told-capture-renamed = 捕获已命名为 {$name}
told-capture-deleted = 已删除 {$bytes} 字节的历史记录
told-capture-kept = 捕获未删除：{$error}
told-capture-unread = 无法读取捕获：{$error}
told-import-cancelled = 已取消：未保留 {$path} 的任何内容
told-taken-over = 已关闭窗口的 {$count} 个会话已在此恢复
told-save-cancelled = 已取消：未保存 {$path}
note-capture-taken = 另一窗口或程序正在写入此会话的历史记录：从这里开始新的记录
told-ended-badly = 上次运行未正常结束；所有会话及其历史记录都在
notice-noise = 以此速率收到的不是文本。请试试 74880 波特（26 MHz 晶振芯片的 ROM 使用该速率）、115200，或程序设置的速率
notice-empty = ROM 在引导程序应在的位置什么也没找到：闪存为空，或程序写到了错误的地址。请烧录。如果已经烧录过，说明有东西干扰了闪存芯片（经典 ESP32 复位时 GPIO12 为高、闪存模式不对、供电不足）
notice-flash-dead = 芯片无法读取闪存：闪存模式或速率不适合这块板子（请试试 DIO、40 MHz），闪存引脚上接了其他东西，或供电太弱
notice-no-image = 闪存中引导程序的位置上不是程序：请连同引导程序一起烧录。启用了闪存加密的板子必须写入加密后的内容
notice-csum = 闪存中的引导程序已损坏（校验和错误）：请重新烧录；若无效，请降低烧录速率并检查供电
notice-signature = 安全启动拒绝此程序：它没有用芯片所锁定的密钥签名。请用该密钥签名；没有密钥，这块板子无法运行其他程序
notice-table-beyond = 分区表是为更大的闪存准备的：请按正确的闪存大小构建并使用合适的分区表，或换闪存更大的板子。再烧录一次同样的内容没有用
notice-flash-smaller = 程序是为更大的闪存构建的：请按正确的闪存大小构建（CONFIG_ESPTOOLPY_FLASHSIZE），或用 --flash-size detect 烧录
notice-revision-new = 这块芯片比程序所针对的更新：请用更新的 ESP-IDF 构建，或提高允许的最高芯片版本
notice-revision-old = 这块芯片比程序所针对的更旧：请针对该版本构建（CONFIG_ESP32…_REV_MIN；esp-hal 为 ESP_HAL_CONFIG_MIN_CHIP_REVISION），或换更新的芯片。再烧录一次同样的内容没有用
notice-wrong-chip = 闪存中的程序是为其他芯片构建的：请烧录为此芯片构建的程序
notice-too-long = 程序比它的分区大，末尾被截断：请使用分区更大的分区表构建，并连同分区表一起烧录
notice-broken = 闪存中的程序已损坏，请重新烧录
notice-no-program = 分区表所指的位置上没有程序：请把程序烧录到分区表规定的地址
notice-ota = 没有一个升级分区含有有效程序，也没有可退回的出厂程序：请把程序烧录到第一个分区（ota_0），并擦除 otadata
notice-table-broken = 分区表缺失、损坏，或不在引导程序查找的位置（0x8000，除非按其他位置构建）：请烧录分区表
notice-psram = 程序需要外部内存（PSRAM），但没有应答：模组没有 PSRAM，或类型不同（四线或八线）。请去掉它或用正确的类型构建
notice-octal-flash = 程序按八线 Flash（OPI）构建，而此模组不是：请按四线 Flash 构建（QIO 或 DIO；PlatformIO：board_build.arduino.memory_type = qio_opi 或 qio_qspi）
notice-brown-out = 供电电压过低（欠压）：请使用更短或更好的 USB 线、其他端口或更强的电源
notice-crystal = 程序所针对的晶振频率与这块板子不同：文本以错误的速率发出。请按此晶振（26 或 40 MHz）构建，或试试 74880 波特
notice-no-bootloader = 闪存中没有引导程序：请烧录完整的程序，而不只是应用
notice-no-table = 引导程序无法使用分区表：请烧录分区表和程序
notice-not-bootable = 引导程序找不到可以启动的程序，请烧录
notice-table-sizes = 分区表中有大小不可能的分区（otadata 小于 8 KiB，或程序大于 16 MB）：请改正分区表并烧录
notice-cpu-frequency = 程序是为这块芯片没有的 CPU 频率构建的：请用较低的频率构建（CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ）
notice-rom-crash = 程序尚未开始，芯片就崩溃了：引导程序属于另一种芯片或已损坏，或闪存模式与速率不适合这块板子。请重新烧录为这种芯片构建的完整程序
notice-user-code-done = 启动的内容立刻就结束了：它不是这种芯片的程序。请烧录完整的程序，包括引导程序
told-does-not-start = 已全部写入，但板子没有启动它：{ $line }
told-starts-over = 已全部写入，但板子不断重启
notice-download = 引导程序就绪，现在可以烧录。不按 BOOT，按 RST（EN）即可启动程序
told-imported = 已读取 {$path} 的 {$packets} 个数据包：{$streams} 个流
told-imported-partly = 已读取 {$path} 的 {$packets} 个数据包：{$streams} 个流；{$others} 个数据包未显示（分片、未知链路或流太多），流中缺少 {$missing} 字节
told-missing = 缺少 { $file }
told-not-built = { $folder } 是尚未编译的 { $tool } 工程
hint-build-first = 请先编译：{ $command }
hint-fetch-files = 请把它列出的文件取到所写的位置。
told-no-build = { $folder } 中没有可烧录的内容
hint-no-build = 请选择编译工具的输出目录：ESP-IDF 的 build（flasher_args.json）、Arduino 的导出目录（.ino.bin）、PlatformIO 的 .pio/build/ENV；或文件：ELF、.bin、flash_args、ESP Web Tools 的 manifest.json。
told-no-build-file = { $file } 没有说明要烧录的内容和位置：{ $why }
told-several-builds = { $folder } 中有 { $count } 个编译结果
hint-several-builds = 请选择其中一个：{ $folders }
told-remote-part = { $file } 引用的 { $part } 不在本机上
hint-download-part = 请下载它，放在清单文件旁边。
told-unknown-family = { $file } 适用于 { $chip }，本程序不能烧录这种芯片
hint-other-folder = 请选择其他目录。
told-exported = { $count } 种芯片的固件已写入 { $folder }，附带 flash_args 和 manifest.json
told-region-empty = { $region } 没有任何字节
hint-check-region = 请检查该区域的地址。
told-region-beyond = { $region } 结束于 { $end }，超出 { $size } KiB 闪存
told-region-sectors = { $region } 不能单独擦除：闪存按 4 KiB 扇区擦除
hint-region-sectors = 它所在的扇区为 { $region }；其中的其他内容会一并擦除。
told-partitions-named = 板上有多个名为 { $name } 的分区
hint-region-addresses = 请用地址指定区域：START+SIZE。
told-no-partition-named = 板上没有分区 { $name }
hint-partition-names = 现有分区：{ $names }
told-board-without-table = 板上没有分区表
hint-board-without-table = 请先烧录程序，或用地址指定区域：START+SIZE。
told-no-table-at = 板上 { $address } 处没有分区表
hint-table-at = 不填地址则自动查找。
told-file-exists = { $file } 已存在
hint-file-exists = 请换一个文件名，或选择替换（--force）。
told-no-plain-file = { $file } 已存在，且不是普通文件
hint-other-name = 请换一个文件名。
told-erased-halfway = 已取消：{ $region } 只擦除了一部分
hint-erased-halfway = 下载程序仍在运行：可随时擦除或烧录。
told-not-erased = { $region } 擦除后并不为空
hint-not-erased = 请再次擦除。若无效：检查供电；闪存可能被写保护或已老化。
told-erase-guarded = 这块 { $chip } 启用了闪存加密或安全启动：擦除的内容可能无法恢复，这里不予擦除
hint-erase-guarded = 持有密钥者请使用 esptool 的 --force。
told-table-encrypted = 这块 { $chip } 的闪存已加密：无法读取分区表
note-reading-flash = 开始读取闪存，期间串口由下载程序占用
note-erasing-flash = 开始擦除 { $region }，期间串口由下载程序占用
note-comparing-flash = 开始比对闪存，期间串口由下载程序占用
note-uncompared = 比对未能完成：
note-compared = 比对顺利结束
note-flash-unread = 闪存未能读出：
note-unerased = 擦除未能完成：
note-flash-read = 闪存已读出
note-erased = 擦除顺利结束
told-went-away-task = 板子中途断开了
hint-went-away-task = 请重新插上（若再次发生，请换线或换接口），然后重试。
hint-link-breaks-task = 请使用更短的线或其他 USB 接口，去掉集线器，并断开板上的其他连接；然后重试。
note-list-no-answer = 发送列表已停止：“{ $entry }”没有及时收到应答
note-list-unsendable = 发送列表在“{ $entry }”处停止：{ $why }
note-list-gone = 发送列表在“{ $entry }”之前停止：{ $why }
note-no-list = 发送列表无法运行：{ $error }
note-no-rules = 自动应答无法工作：{ $error }
note-rule-sends = 规则“{ $rule }”发送 { $bytes } 字节
note-rule-unsent = 规则“{ $rule }”未能发送：{ $why }
note-rule-notice = 规则：{ $text }
note-rule-stops-list = 规则“{ $rule }”停止了发送列表
note-rule-ends = 规则“{ $rule }”结束了会话
note-rule-no-group = 规则“{ $rule }”没有运行：发送列表中没有分组“{ $group }”
note-rule-runs-list = 规则“{ $rule }”运行发送列表的“{ $group }”
note-rule-tripped = 规则“{ $rule }”已关闭：每秒匹配超过 { $rate } 次，像是规则在互相应答
note-rule-tripped-all = 规则“{ $rule }”已关闭：全部规则每秒匹配超过 { $rate } 次
note-rules-failed = 规则已停止工作：程序在执行规则时出错（{ $why }）；关闭再启用任一规则即可重新开始
note-rules-full = 等待执行的规则动作过多：其间的动作被略去并计数
note-terminal-answer = 终端应对方查询而回答：{ $bytes }
note-terminal-unsent = 终端的回答未发送：等待发送的内容已经太多
note-terminal-too-often = 对方查询终端过于频繁：这一秒内不再回答
note-typing-stopped = 粘贴已停止：{ $count } 段中发送了 { $sent } 段
note-typing-given-up = 粘贴的 { $count } 段只发送了 { $sent } 段：{ $why }
import-more = 另有 { $count } 项未在此列出
import-skipped = 未导入：{ $entry }：{ $why }
import-checksum = 该列表要求在发送内容后附加 { $checksum }：现在每一条都已附加
import-checksum-part = 该列表的校验（{ $checksum }）只覆盖部分发送内容：未导入
import-no-hex = 不是十六进制：{ $error }
import-targets = 每个数据包的目标未导入：列表会发送到旁边的会话
import-answers = { $count } 条自动应答未导入：它们是规则，请在自动应答中导入
import-no-option = 它不做任何事，或其方式未知
import-no-sequence = 它要发送的序列不存在：{ $index }
import-functions = 它含有功能字符（&、! 或 ^），这些无法被接收
import-crc-index = 它的校验只是一个编号，含义随程序版本而变：请重新选择校验
import-format = 不认识它的文本格式 { $number }
import-no-number = { $text } 无法解析为字节
import-wildcards = 含有通配符或函数，由 Docklight 在发送时填入
import-checksum-unknown = 这里没有与它相同的校验（{ $checksum }）：请重新选择校验
export-sscom-more = SSCOM 最多 { $most } 条：最后 { $count } 条不在文件中
export-sscom-unlike = 有差异：{ $entry }：{ $why }
export-sscom-characters = SSCOM 使用 GBK：其中没有的字符在文件中以编号表示
export-sscom-placeholders = SSCOM 会原样发送其中的占位符
export-sscom-escapes = SSCOM 会原样发送其中的转义序列
export-sscom-checksum = SSCOM 发送时不带校验
export-sscom-ending = SSCOM 发送时使用不同的行尾
export-sscom-answer = SSCOM 不会等待应答
export-csv-more = CSV 没有校验、转义、占位符、编码和应答的列：有 { $count } 条消息含有这些内容
export-sscom-repeat = SSCOM 只发送一次
export-sscom-lines = SSCOM 只有一行：其中的换行在那里变为空格
export-sscom-encoding = SSCOM 以 GBK 发送
import-affix = 它的前缀、后缀或转义方式在这里未知
told-variable-kept = { $name } 在这里是 { $kept }，保持不变；文件中是 { $value }
setting-no-switch = { $key } 只能是 true 或 false
setting-no-number = { $key } 是 { $least } 到 { $most } 之间的数
setting-no-choice = { $key } 只能是以下之一：{ $words }
setting-no-level = { $key } 是 error、warn、info、debug、trace、off 之一，或逗号分隔的“部分=级别”
setting-no-path = { $key } 是从根开始的完整路径，或留空
setting-no-encoding = { $key } 是编码名称，例如 UTF-8 或 GBK；没有名为 { $value } 的编码
told-passed-over = { $path } 第 { $line } 行：{ $error }；已忽略 { $entry }
told-font-not-fixed = { $path } 不是等宽字体
told-no-font = { $path } 不是可用的字体
note-log-file = 日志写入 { $file }
note-log-file-trouble = 无法写入 { $folder } 中的日志文件：{ $error }；将重试
note-log-file-again = 日志文件恢复写入
note-log-file-off = 日志不再写入文件
note-no-log-file = 日志未写入文件：{ $error }
note-log-file-missing = -- 此处缺少 { $bytes } 字节历史：在写入之前已被清除
told-log-file = 日志在 { $file }
told-log-file-cut = 日志未能完整写入：{ $folder }：{ $error }
told-folder-unopened = 无法显示 { $folder }：{ $opener }：{ $error }
told-page-unopened = 无法用浏览器打开 { $page }：{ $opener }：{ $error }

# 转发与故障。
fault-latency = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：延迟 { $latency } ms，抖动 { $jitter } ms
fault-rate = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：限速，每秒 { $rate } 字节
fault-slicer = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：切片，平均每片 { $size } 字节
fault-coalesce = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：合并，攒够 { $size } 字节或 { $time } ms 才放行
fault-corrupted = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：第 { $place } 字节被改坏：{ $was } 变成 { $is }
fault-more-corrupted = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：另有 { $count } 个字节被改坏
fault-limit-data = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：{ $bytes } 字节后关闭（FIN）
fault-reset-after = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：{ $bytes } 字节后复位（RST）
fault-silence-after = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：{ $bytes } 字节后静默：之后什么都不送达，也不通知任何一方
fault-slow-close = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：延迟关闭，FIN 推迟 { $time } ms
fault-blocked = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：什么都不通过（timeout）
fault-timeout = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：{ $time } ms 内什么都没通过，已关闭（timeout）
fault-reset-peer = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：{ $time } ms 后复位（RST）
fault-stop-reading = 故障（{ $way ->
    [up] 上行
   *[other] 下行
}）：不再读取，窗口将关闭
fault-refuse = 故障：每个新客户端都被复位（refuse）
fault-accept-delay = 故障：{ $client } 先等 { $time } ms 才被服务（延迟接受）
bridge-begun = 已与 { $session } 桥接：这里收到的数据由那边发出，反之亦然
bridge-ended = 与 { $session } 的桥接已结束
bridge-left = 与 { $session } 的桥接已结束：那个会话已关闭
bridge-circle = 与 { $session } 的桥接已结束：两者直接或间接地互相通信，收到的数据会无休止地循环
bridge-nobody = 桥接的另一端没有接收者：在有接收者之前，这里收到的数据不会转出
bridge-again = 这里收到的数据又可以转出；其间有 { $bytes } 字节没有转出
bridge-missed = { $bytes } 字节没有通过桥接：数据到达的速度超过了另一端接收的速度
bridge-lost = 桥接结束前，这里收到的 { $bytes } 字节没有转出
bridge-fin-of-one = 它的 FIN 没有通过桥接：本会话还有其他连接在发送
bridge-fin-port = 它的 FIN 没有通过桥接：另一端的串口没有连接关闭的概念
bridge-fin-nobody = 它的 FIN 没有通过桥接：另一端没有接收者
bridge-fin-datagrams = 它的 FIN 没有通过桥接：另一端的数据报没有连接关闭的概念
bridge-fin-several = 它的 FIN 没有通过桥接：另一端有多个连接，或正在传输文件
fault-reads-nothing = 故障：从这里起不读取数据，对端的窗口将关闭（停止读取）
fault-reads-again = 恢复读取
fault-reads-slowly = 故障：每秒最多读取 { $rate } 字节（慢速读取）
fault-reads-fast = 恢复全速读取
relay-to-itself = 转发会回到自己：目标就是监听地址 { $address }
relay-circle = 这个客户端就是转发自己到目标的连接：转发成了环，已将它复位
relay-carries = 承接 #{ $number }
relay-refused = 目标 { $target } 拒绝连接：那里没有人监听，客户端已被复位
relay-timed-out = 目标 { $target } 没有及时回应，客户端已被复位
relay-no-name = 目标 { $target } 的名称没有对应地址，客户端已被复位
relay-not-reached = 无法连到目标 { $target }，客户端已被复位：{ $error }
relay-not-secured = 与目标 { $target } 的 TLS 握手失败，客户端已被复位：{ $error }
relay-lost = 结束时，它发来的 { $bytes } 字节没有转发出去
relay-backlog-full = 另一侧不在，串口已有 { $limit } KiB 数据在等待：从这里起丢弃最早的部分
relay-backlog-lost = 另一侧不在期间，丢弃了串口发来的 { $bytes } 字节
relay-backlog-rest = 串口发来的 { $bytes } 字节没有到达另一侧
relay-port-refuses = 串口没有执行：{ $why }
relay-port-refuses-often = 串口有 { $count } 次没有执行所要求的操作：{ $why }
relay-other-baud = 对端串口的波特率是 { $has }，而不是 { $asked }
relay-port-stuck = 它发来的 { $bytes } 字节没能写入串口，串口不接收数据
relay-port-unsent = 它发来的 { $bytes } 字节在连接结束时尚未写入串口
relay-by-hand = 从这里发出 { $bytes } 字节，并非转发而来
load-wrong-byte = 校验序列从第 { $place } 字节起有错（从 0 数起）
load-no-group = 发送列表中没有分组“{ $name }”
load-no-messages = 负载测试没有可发送的消息：发送列表为空，或没有参与运行的消息
load-unsendable = 消息“{ $entry }”无法发送：{ $why }
load-no-answer = 未及时收到应答：它的消息到此为止
load-message-unsendable = 有一条消息无法发送：{ $why }
load-kept = 日志保留 { $clients } 个客户端中前 { $count } 个的数据；其余只记录发生的事情，数据只计数
load-few-files = 要求 { $clients } 个客户端，而本程序最多可有 { $most } 个连接：请调高打开文件数的上限（ulimit -n），或减少客户端
load-no-files = 本程序不能再打开更多连接：请调高打开文件数的上限（ulimit -n），或减少客户端
load-no-ports = 本机没有可用于连接 { $target } 的端口了：请减少客户端，或等一两分钟，待已关闭连接的端口重新可用（TIME_WAIT）
load-outside = { $address } 不在本机或专用网络内：经您同意，负载测试才会连接它
load-reset-rest = { $count } 个连接未能在 { $seconds } 秒内关闭，已复位
load-over = 负载测试结束：{ $clients } 个客户端中 { $reached } 个连接成功；被拒绝：{ $refused }，超时：{ $timed_out }，失败：{ $failed }；错误：{ $errors }
load-over-tls = 负载测试结束：{ $clients } 个客户端中 { $reached } 个连接成功；被拒绝：{ $refused }，超时：{ $timed_out }，TLS 失败：{ $tls_failed }，其他失败：{ $failed }；错误：{ $errors }
load-unheard = 对端没有确认本端的关闭（FIN）：它不再接收，或已无法到达
update-no-address = { $host } 没有地址
update-not-listening = { $address } 上没有接受更新的程序：开发板固件太旧，或者这是另一台计算机
update-not-reached = 无法连到 { $address } 的开发板：{ $error }
update-other-program = { $address } 上应答的不是我们的开发板
update-cut = 与开发板的连接中断；它仍运行原来的程序，请重试
update-rolled-back = 新程序没有正常启动：开发板已退回原来的程序
update-not-seen-again = 新程序已全部发出，之后没有看到开发板运行它；请查看它的控制台
update-cancelled = 已取消；开发板仍运行原来的程序
update-locked = 开发板不接受更新：请在它的控制台输入 `ota allow`，或用 `ota token` 设置令牌
update-token = 开发板的令牌与此不同；在它的控制台输入 `ota allow` 可不用令牌
update-one-slot = 开发板只有一个程序的空间：请用线缆烧录；Flash 有 4 MB 时会分出两个
update-trial = 开发板正在运行的程序本身是新的，尚未确认；请过几分钟再试
update-busy = 开发板正忙；请过几秒再试
update-too-long = 程序太长，开发板放不下
update-no-image = 这不是应用程序镜像
update-wrong-chip = 镜像属于另一种芯片
update-foreign = 镜像是另一个程序，它无法自行确认；请用线缆烧录
update-damaged = 镜像已损坏
update-flash = 开发板的 Flash 写不进这个程序
update-silent = 开发板太久没有收到数据
update-refused = 开发板没有接受更新
update-image-unreadable = 无法读取 { $path }：{ $error }
release-no-source = 此次编译没有写入发布地址：可在设置 updates.url 中指定
release-garbled = 应答中没有版本信息：{ $error }
release-status = { $host } 没有给出版本信息，应答状态码为 { $status }
release-leads-on = { $host } 一再重定向，没有结果
release-leads-away = { $host } 重定向到了不应访问的地址：只接受 https
release-not-reached = 无法向 { $host } 查询新版本：{ $error }
release-tls = 无法向 { $host } 查询新版本，TLS 失败：{ $error }
release-timed-out = { $host } 没有及时给出版本信息
release-too-long = { $host } 的应答超过 { $limit } KiB，不是版本信息
setting-no-url = { $key } 应是以 https:// 开头的地址，或留空
