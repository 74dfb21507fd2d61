# The manual in the window, and what the program says of itself.
command-manual = Manual
command-help = Help
manual-back = Back
manual-contents = All pages
manual-search = Search the manual
manual-close = Close the manual
manual-more = What the manual says of it
manual-previous = ← { $page }
manual-next = { $page } →
manual-hits = { $count ->
    [one] { $count } place
   *[other] { $count } places
}{ $shown ->
    [0] { "" }
   *[other] , { $shown } shown
}
manual-setting-name = Name
manual-setting-values = Values
manual-setting-default = Default
manual-setting-meaning = Meaning
manual-setting-hint = { $name }: { $hint }
command-about = About Espalier
about-version = Version { $version }
about-revision = Revision { $revision }, for { $target }
about-licence = MIT or Apache-2.0, as you like
about-third-parties = Third-party licences
about-no-licences = The licences were not collected for this build
updates-newer = Espalier { $version } is out
updates-page = What is new
updates-dismiss = Tell no more of { $version }
updates-ask = Check for updates
updates-asking = Asking…
updates-newest = This is the newest version
