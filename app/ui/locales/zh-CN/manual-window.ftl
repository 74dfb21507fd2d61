# 窗口中的手册，以及程序自身的信息。
command-manual = 手册
command-help = 帮助
manual-back = 返回
manual-contents = 全部页面
manual-search = 搜索手册
manual-close = 关闭手册
manual-more = 查看手册中的说明
manual-previous = ← { $page }
manual-next = { $page } →
manual-hits = 找到 { $count } 处{ $shown ->
    [0] { "" }
   *[other] ，显示 { $shown } 处
}
manual-setting-name = 名称
manual-setting-values = 取值
manual-setting-default = 默认
manual-setting-meaning = 含义
manual-setting-hint = { $name }：{ $hint }
command-about = 关于 Espalier
about-version = 版本 { $version }
about-revision = 修订 { $revision }，目标平台 { $target }
about-licence = MIT 或 Apache-2.0，任选其一
about-third-parties = 第三方许可
about-no-licences = 此次编译没有收集许可文本
updates-newer = Espalier { $version } 已发布
updates-page = 新版本说明
updates-dismiss = 不再提示 { $version }
updates-ask = 检查更新
updates-asking = 正在查询…
updates-newest = 已是最新版本
