# How the log is shown.
view-text = Text
view-hex = Hex
view-both = Hex + text
view-encoding = Encoding
view-encoding-search = Search encodings
framing = Rows
framing-message = By message
framing-line = By line
framing-packet = By packet
framing-gap = By silence
framing-gap-length = Silence between rows
look = Appearance
clock = Time
clock-local = Time of day
clock-date = Date and time
clock-since-start = Since the start
clock-since-previous = Since the row before
clock-off = None
sgr = ANSI colours
sgr-shown = Shown
sgr-stripped = Stripped
sgr-raw = As characters
controls-visible = Control characters visible
events-shown = Connection events
bytes-per-row = Bytes in a row
bytes-fitted = As fits
offsets-shown = Offsets before rows
pause = Pause
follow = Follow the end
log-paused = Paused · { $count } new ↓
copy-as = Copy as
copy-selected = Selected rows
copy-all = All shown rows
copy-text = Copy text
copy-timed = Copy with time
copy-hex = Copy hex
copy-c = Copy C array
## The menu of a row.
find-this = Find “{ $text }”
highlight-this = Highlight “{ $text }”
filter-this = Only rows with “{ $text }”
send-again = Send again
send-received = Send these bytes
bookmark-row = Bookmark this row
bookmark-remove = Remove the bookmark
bookmarks-full = There are as many bookmarks as there can be: remove one first
measure-from = Measure from here
measure-stop = Stop measuring
highlights = Highlights
highlights-hint = Rows that match are marked
highlight-number = Highlight { $number }
highlight-color = Next colour
highlight-add = Add a rule
pattern = Text to mark
regex = Regular expression
find-case = Match case
find-at = { $at } of { $hits }
find-hits = { $hits ->
    [0] No hits
    [one] { $hits } hit
   *[other] { $hits } hits
}
find-searched = { $percent } %
## Panics folded.
rows-folded = { $rows ->
    [one] { $rows } more row
   *[other] { $rows } more rows
}
fold = Fold again
unfold = Unfold
fold-panics = Panics folded
## The timeline.
timeline = Timeline
timeline-empty = Nothing here yet: what happens in any session will stand here, on one clock
timeline-failed = The timeline could not be opened: is the disk full?
timeline-full = { $count ->
    [one] A session has no place here: a timeline takes { $limit }
   *[other] { $count } sessions have no place here: a timeline takes { $limit }
}
timeline-session-closed = That session was closed, and its log with it; its rows stay here
timeline-row-hidden = That row is hidden in this log by its filter, or cleared; this is the nearest one
timeline-all-hidden = That row is in this log, but all its rows are hidden by the filter or cleared
timeline-jump = Show in the log of { $session }
timeline-closed = { $session } (closed)
timeline-chip-hint = Click to show or hide its rows; nothing is dropped
timeline-only = Only this session
timeline-all = All sessions
timeline-open-tab = Go to its log
timeline-clock = Clock of { $board }: 0 ms = { $time } ±{ $ms } ms
timeline-clock-late = Clock of { $board }: 0 ms ≤ { $time }
timeline-clock-hint = When the board's own clock stood at zero, on this computer's clock. It is estimated from what the board says about bytes and connections of ours: the cause is never later than the effect. Board events stand on the timeline within this uncertainty.
## Log lines of a board.
level = Level
level-all = All levels
level-error = Errors only
level-warning = Warnings and above
level-info = Info and above
level-debug = Debug and above
tag = Tag
tags-seen = Tags seen
tag-all = All tags
tag-only = Only tag { $tag }
tag-hide = Hide tag { $tag }
tag-hidden = Without { $tag }
## The filter.
filter-text = Only rows with…
filter-shown = { $rows ->
    [one] { $shown } of { $rows } row
   *[other] { $shown } of { $rows } rows
}
filter-peers = { $count ->
    [one] { $count } client
   *[other] { $count } clients
}
filter-reset = Show all
clear-undo = Show cleared rows
log-damaged =
    { $places ->
        [one] { $bytes } bytes of this capture are missing or damaged
       *[other] { $bytes } bytes of this capture are missing or damaged, in { $places } places
    }
log-damaged-at = The first of them at byte { $at }. Everything else is shown.
log-torn = The last { $bytes } bytes of this capture are no whole record, and not shown
log-torn-why = The program that wrote it was ended in the middle of a record, or something else was written behind it
## Where rows begin and end.
framing-cr = By CR
framing-delimiter = By delimiter
framing-length = By length
framing-frame = By frame
framing-delimiter-number = Delimiter { $number }
framing-delimiter-remove = Remove delimiter { $number }
framing-delimiter-add = One more delimiter
framing-in-hex = { $what } in hexadecimal
frame-header = Header
frame-footer = Footer
frame-length = Length field
frame-length-at = at byte
frame-length-width = of bytes
frame-length-order = Order of the length's bytes
frame-length-add = plus
frame-check = Checksum
frame-check-name = Which checksum
frame-check-order = Order of the checksum's bytes
frame-check-from = from byte
frame-check-behind = bytes behind it
frame-longest = at most
order-little = low byte first
order-big = high byte first
## The second time before rows, and how control characters look.
delta = Time between rows
delta-off = None
delta-previous = Since the row shown before
delta-reference = Since the row measured from
control-dot = dot
control-picture = picture
## Places of a log.
places = Bookmarks and moments
go-to-time = Go to time
moment-go = Go there
moment-hint = 14:03:07, 2026-11-27 14:03, +12.5
moment-wrong = Write a time of day, a date and time, or + and the seconds since the start
bookmarks = Bookmarks
bookmarks-none = None yet: mark a row in its menu
bookmark-next = Next bookmark
bookmark-previous = Previous bookmark
bookmark-go = Go to the bookmark of { $time }
bookmark-name = Name of bookmark { $number }
bookmark-name-hint = Name
bookmark-remove-number = Remove bookmark { $number }
find-hex = Bytes in hexadecimal: AA ?? 55
find-word = Whole words
filter-not = Rows without it
filter-since = From time
filter-until = Until time
filter-range = Range of time
filter-ranged = Limited
filter-how = How it is meant
