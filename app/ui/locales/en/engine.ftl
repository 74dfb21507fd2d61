# What the engine tells, by the keys of its sentences (`say!`). The English is the same as there.
told-port-busy-by = { $port } is in use by { $program } (process { $pid })
hint-end-program = Close the port in { $program } (or end it), then try again.
told-port-busy = { $port } is in use by another program
hint-close-monitors = Close serial monitors, IDEs and 3D-printer or modem programs that may have it, then try again.
told-port-forbidden = You may not open { $port }: permission denied
told-port-gone = { $port } is not there
hint-plug-in = Plug the board in with a cable that carries data (many only charge), and look in the list of ports for its name.
told-no-such-board = No board is plugged in that { $name } means
hint-no-such-board = Plug it in, or look in the list of ports (espalier ports) for its serial number.
told-several-boards = { $name } means several ports: { $ports }
hint-several-boards = Name one of them, or its socket (usb:1-1.2) as the list of ports has it.
hint-access = Give yourself access to the device: join the group that owns it, or add a udev rule ({ $rule }).
hint-access-group = Join the group { $group } (sudo usermod -aG { $group } $USER), then log out and in again; or add a udev rule ({ $rule }).
hands-buttons = Hold BOOT, tap RST (EN), release BOOT.
hands-pins = Hold BOOT, tap RST (EN), release BOOT. No buttons: connect GPIO{ $pin } to GND (with { $partner }) while EN goes low and high again.
hands-any = Hold BOOT, tap RST (EN), release BOOT. No buttons: connect the boot pin to GND while EN goes low and high again. It is GPIO0 on ESP32, S2 and S3; GPIO9 on C2, C3, C6, C61 and H2; GPIO28 on C5; GPIO35 on P4; GPIO61 on S31.
told-cancelled = Cancelled: nothing was written
told-cancelled-halfway = Cancelled: the program on the board is incomplete
hint-cancelled-halfway = The loader still runs: flash again, now or later; what is already there will not be written twice.
told-no-symbols = { $file } cannot be used for symbols
hint-elf = Choose the ELF file that the build made.
told-flash-too-small = The firmware needs { $needed } KiB of flash, this { $chip } has { $size } KiB
hint-more-flash = Use a board with more flash.
hint-no-wifi = This chip has no Wi-Fi, so the firmware cannot run on it. Files of your own can be flashed.
hint-own-files = Files of your own can be flashed.
hint-images-for = There are images for { $chips }. Files of your own can be flashed.
told-no-image = This program carries no firmware for the { $chip }
told-damaged = The firmware in this program is damaged
hint-reinstall = Install the program again.
told-port-not-opened = { $port } cannot be opened: { $error }
hint-serial = Is it a serial port? Its name must be one of the list of ports.
told-no-stick-parity = Mark and space parity cannot be set on this system
hint-no-stick-parity = Choose none, odd or even parity.
told-half-stop = 1.5 stop bits go with 5 data bits only
hint-half-stop = Choose 5 data bits, or 1 or 2 stop bits.
told-two-stop = With 5 data bits a UART makes 1.5 stop bits of 2
hint-two-stop = Choose 1 or 1.5 stop bits.
told-encrypted = The flash of this { $chip } is encrypted: a plain program would not start
hint-encrypted = Flash encryption is burnt into its eFuses. Use another board, or the tools of whoever holds its key.
told-secure-download = This { $chip } is in secure download mode: it cannot be read, verified or given a loader
hint-secure-download = The mode is burnt into its eFuses by whoever made the device. Use another board.
told-unknown-chip = The chip says that it is number { $number }, which this program does not know
hint-newer-program = A newer version of this program may know it.
told-unsupported-chip = The loader answers, but its chip is none that can be flashed from here
hint-unsupported-chip = ESP8266 and chips newer than this program are not supported.
told-no-flash-chip = The chip cannot talk to its flash memory
hint-no-flash-chip = Something else may pull the flash pins (GPIO6 to GPIO11 on an ESP32): disconnect it. Otherwise the flash or its solder joints are broken.
told-loader-failed = The loader reports that it failed
hint-loader-failed = Check the supply (a longer cable or a hub may be too weak), then flash again; try a lower speed if it fails again.
told-went-away = The board went away while it was being flashed
hint-went-away = Plug it in again (another cable or port if it happens again), then flash again: what is already there will not be written twice.
told-link-breaks = The link to the board breaks at every speed
hint-link-breaks = Use a shorter cable or another USB port, leave out hubs, and disconnect what else hangs on the board; then flash again.
told-no-sync = The board's loader does not answer
hint-no-sync = Hold BOOT, tap RST (EN), release BOOT. No buttons: connect the boot pin to GND while EN goes low and high again. It is GPIO0 on ESP32, S2 and S3; GPIO9 on C2, C3, C6, C61 and H2; GPIO28 on C5; GPIO35 on P4; GPIO61 on S31. Then try again. Check, too, that the cable carries data and that nothing else is connected to TX and RX.
told-not-as-written = What the flash holds at { $address } ({ $part }) is not what was written
told-differs = What the flash holds at { $address } ({ $part }) differs from the file
hint-differs = It is another program or another version, or it was changed since: flash to have it as the file says.
hint-flash-again = Flash again. If it happens again: check the supply and try a lower speed; the flash chip may be worn out.
told-other-chip = The board has an { $chip }, not an { $wanted }
hint-other-chip = Choose the other board, or leave the choice of the chip to the program.
told-elf-address = { $file } is an ELF file, which knows its own addresses
hint-no-address = Leave the address out.
told-no-place = { $file } is neither an ELF, an ESP image nor a merged image, so it does not tell where it belongs
hint-give-address = Give its address: ADDRESS:FILE, for example 0x10000:file.bin.
told-unreadable = { $file } cannot be read: { $error }
told-file-size = { $file } has { $size } bytes
hint-another-file = Choose another file.
told-revision = { $file } needs revision v{ $needed } of the chip; this one is v{ $has }
hint-revision = Build it for this revision (CONFIG_ESP32…_REV_MIN), or use a newer chip.
told-for-other-chip = { $file } is for { $other }, but the board has an { $chip }
hint-build-for = Build it for { $chip }, or use another board.
told-no-app = { $file } cannot be made into an image
hint-app = It must be the program's ELF, with esp_app_desc!() (esp-bootloader-esp-idf) or from ESP-IDF.
told-for-xtensa = { $file } is for an Xtensa chip (ESP32, S2, S3), but the board has an { $chip }
told-for-risc-v = { $file } is for a RISC-V chip (C, H and P series), but the board has an { $chip }
told-machine = { $file } is an ELF for machine { $machine }, no ESP program
told-nothing-to-write = There is nothing to write
hint-choose-file = Choose a file.
told-bad-place = { $part } cannot begin at { $address }
hint-sectors = Flash is erased in steps of 0x1000: use a multiple of it.
told-overlap = { $part } at { $address } overlaps what comes before it
hint-check-addresses = Check the addresses.
told-beyond-flash = { $part } ends at { $end }, beyond the { $size } KiB of flash
hint-smaller = Use a smaller program or a board with more flash.
hint-right-place = Give it that place, or none: it is found. Who means it writes it with --force (“Write it anyway” in the window).
hint-build-again = Build it or copy it again. Who means it writes it with --force (“Write it anyway” in the window).
told-no-table = There is no partition table on the board, and none is to be written: it is not known where { $part } belongs
hint-no-table = Flash bootloader, partition table and application together (or a merged image, or the ELF), or give its address.
told-no-partition = The partition table has no partition that { $part } could go into
hint-other-table = Flash a partition table that has one, too.
told-place-bootloader = { $part } has the bootloader at { $address }, but an { $chip } starts what lies at { $right }
told-place-table = { $part } is a partition table, which belongs at { $right }, not at { $address }
told-place-merged = { $part } is a merged image, which begins at { $right }, not at { $address }
told-place-application = { $part } is an application, which belongs at { $right } ({ $partition }), not at { $address }
told-place-data = What { $part } holds belongs at { $right } ({ $partition }), not at { $address }
told-over-bootloader = { $part } at { $address } would overwrite the bootloader, and is none
told-over-table = { $part } at { $address } would overwrite the partition table, and is none
hint-over = Give it another address. Who means it writes it with --force (“Write it anyway” in the window).
told-table-first = { $part } has a partition at { $address }, where the table itself lies: it was built for another place than { $right }
told-no-application = { $part } is no application, but { $address } is where the partition table has one ({ $partition })
told-partition-small = { $part } has { $size } bytes, and its partition ({ $partition }) only { $room }
hint-larger-partition = Build with a partition table that has a larger one, and flash the table, too.
told-revision-new = { $file } was built for revisions of the chip up to v{ $most }; this one is v{ $has }
hint-revision-new = Build it with a newer ESP-IDF or esp-hal, or use an older chip.
told-image-cut = { $part } is cut off: it ends within the image
told-image-segments = { $part } is no whole image: it claims { $count } segments
told-image-checksum = { $part } is damaged: its checksum is wrong
told-image-hash = { $part } is damaged: its SHA-256 is wrong
told-header-flash = { $part } was built for { $needed } KiB of flash, and this { $chip } has { $size } KiB
hint-flash-size = Build it with the right flash size (CONFIG_ESPTOOLPY_FLASHSIZE). Who means it writes it with --force (“Write it anyway” in the window).
told-table-md5 = The partition table in { $part } is damaged: its MD5 is wrong
told-table-entry = The partition table in { $part } is damaged: an entry is none
told-table-beyond = The partition table is for a larger flash: { $partition } ends at { $end }, and this { $chip } has { $size } KiB
hint-table-beyond = Build with the right flash size and a table that fits, or use a board with more flash.
told-header-small = { $part } is built for { $size } KiB of flash, and the partition { $partition } ends at { $end }: it would refuse the table
hint-header-small = Build the bootloader with the flash size that the board has, or take a table that fits.
told-table-overlap = In the partition table { $part } the partitions { $first } and { $second } overlap
told-table-misaligned = In the partition table { $part } the partition { $partition } begins at { $address }, where none can
told-table-unseen = espflash.toml puts the partition table at { $address }, but the bootloader that comes with espflash looks for it at { $usual }
hint-table-unseen = Name a bootloader that was built for that place in espflash.toml (bootloader), or leave partition_table_offset out. Who means it writes it with --force (“Write it anyway” in the window).
hint-bundled-revision = The firmware of this program does not run on this revision of the chip: use another board. Files of your own can be flashed.
told-board-gone = The board is not there
hint-board-gone = Look at its cable and port; when it is back, try again.
told-port-taken = Another program has the port
hint-port-taken = End that program, then open the port again.
told-not-allowed = The port may not be opened
hint-not-allowed = Ask for the right to use it.
told-port-closed = The port was closed
hint-port-closed = Open it again.
told-pty-closed = the other end of the pseudo-terminal was closed
told-port-went-away = the port went away: was the board unplugged or switched off?
told-no-interface = there is no interface { $zone }; there are { $names }
told-file-unread = Cannot read { $path }: { $error }
told-file-unwritten = Cannot write { $path }: { $error }
told-file-newer = { $path } was written by a newer version: update Espalier to use it
told-file-broken = { $path } cannot be used: { $error }
told-set-aside = { $path } cannot be used: { $error }; it was set aside as { $aside }
told-not-set-aside = { $path } cannot be used: { $error }; it could not be set aside either: { $refused }
told-left-out = { $path }, line { $line }: { $error }; { $entry } was left out, and the file as it was is kept ({ $aside })
told-more-left-out = { $path }: { $count } more entries were left out
told-board-busy = the board is still busy with earlier commands: wait a moment, then try again
told-board-closed = the port is closed: open it first
told-board-none = there is no board on this session: open the board's serial port
told-board-under-way = the same is under way already: wait, or cancel it
told-board-no-conversation = the port alone cannot do that: it takes a session with the board
told-board-no-thread = the system gives no thread for it: { $error }; close something and try again
framing-bytes = Cannot read { $text } as bytes: { $error }
framing-bytes-many = At most { $most } bytes each
framing-delimiters = 1 to { $most } delimiters
framing-delimiter-empty = A delimiter is empty
framing-longest = 1 to { $longest } bytes
framing-ends = A frame needs a length field, or a header and a footer
framing-length-width = A length field has 1, 2 or 4 bytes
framing-length-at = The length field stands behind the header, at byte 255 at the latest
framing-check-name = There is no checksum { $name }
framing-check-tail = Checksum, footer and what is between them have at most 15 bytes
pattern-hex = Bytes are pairs of hexadecimal digits, ?? for any byte: AA ?? 55
told-saves-busy = Several saves are still under way: wait for one of them
foreign-begun-before = The capture begins in the middle of this connection
foreign-missing-received = { $bytes } received bytes are missing from the capture
foreign-missing-sent = { $bytes } sent bytes are missing from the capture
told-save-no-thread = Cannot save: { $error }
told-save-closed = Cannot save { $path }: the log was closed before it was saved
told-save-retired = Cannot save { $path }: the oldest part of the history went meanwhile. Allow the session more history, or save again
told-save-refused = Cannot save { $path }: { $error }
told-saved-bytes = Saved { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
} to { $path }
told-saved-capture = Saved { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
} of capture to { $path }
told-saved-rows = Saved { $count ->
    [one] { $count } row
   *[other] { $count } rows
} to { $path }
told-no-simulator = There is no simulated board on this system
told-not-simulated = { $name } is no simulated board
hint-simulated = There are simulated:esp32c3, simulated:esp32 and simulated:esp32c6, and more of each with a number behind it (simulated:esp32c3:2).
told-simulator-failed = The simulated board cannot be started: { $error }
hint-simulator-busy = It runs in another window of this program: close that one, or choose another board.
hint-simulator-failed = See to that, then open the port again.
## Notes in logs.
note-unsent-full = { $bytes ->
    [one] { $bytes } byte was
   *[other] { $bytes } bytes were
} not sent: too much waits already
note-port-refuses = The port does not take { $asked }: { $error }
note-no-lines = This port has no modem lines
note-lines = DTR { $dtr }, RTS { $rts }
note-break = BREAK by us
note-no-break = BREAK is not possible on this port: { $error }
note-reset = Reset by us
note-download = Download mode by us
note-no-reset = Reset is not possible from here: the port has no modem lines; use the board's buttons
note-no-download = Download mode is not possible from here: the port has no modem lines; use the board's buttons
note-unsent-away = { $bytes ->
    [one] { $bytes } byte was
   *[other] { $bytes } bytes were
} not sent: the board is away
note-unsent-flashing = { $bytes ->
    [one] { $bytes } byte was
   *[other] { $bytes } bytes were
} not sent: the loader has the port
note-unsent-closed = { $bytes ->
    [one] { $bytes } byte was
   *[other] { $bytes } bytes were
} not sent: the port was closed
note-away = The board is away: nothing was done
note-flashing = Flashing begins: the line belongs to the loader until it ends
note-flash-failed = Flashing did not end well:
note-flashed = Flashing ended well
note-being-flashed = The loader has the port: nothing was done
dump-whole = whole, its checksum is right
dump-unchecked = of a format without a known checksum
dump-cut-off = damaged: its end did not come
dump-garbled = damaged: a line of it was no base64
dump-too-large = damaged: it is larger than what is kept
dump-unknown = damaged: it does not begin like a core dump
dump-length = damaged: it says that it has { $said } bytes
dump-checksum = damaged: its checksum is wrong
note-dump = Core dump of { $bytes } bytes, { $state }; --core-dumps DIR saves such
note-dump-saved = Core dump of { $bytes } bytes saved as { $file }: { $state }
note-dump-not-saved = The core dump cannot be saved as { $file }: { $error }
note-no-dump = That core dump is gone: newer reports took its place
note-unsent = { $bytes ->
    [one] { $bytes } queued byte was
   *[other] { $bytes } queued bytes were
} not sent
note-missed = did not get { $bytes ->
    [one] { $bytes } broadcast byte
   *[other] { $bytes } broadcast bytes
}
note-beats-late = cyclic send: { $beats ->
    [one] { $beats } beat
   *[other] { $beats } beats
} came too late
note-reads-again = reads again; did not get { $bytes ->
    [one] { $bytes } broadcast byte
   *[other] { $bytes } broadcast bytes
}
note-continued = goes on in the history of an earlier session
note-reads-nothing = reads nothing: broadcasts pass it over until it reads again
note-accepts-again = accepts connections again
note-gone-at-once = a connection was gone at once: { $error }
note-cannot-accept = cannot accept connections now, they wait: { $error }
note-no-cycle = no cyclic send: { $error }
note-cannot = this session cannot do that: { $command }
note-over = connection { $number } is over: passed over
note-no-connection = nothing to close: no connection
note-not-sent-full = not sent: too much waits already ({ $bytes ->
    [one] { $bytes } byte
   *[other] { $bytes } bytes
})
note-not-sent-nobody = not sent: no connection ({ $bytes ->
    [one] { $bytes } byte
   *[other] { $bytes } bytes
})
note-not-sent-waiting = not sent: { $limit } MiB wait already ({ $bytes ->
    [one] { $bytes } byte
   *[other] { $bytes } bytes
})
note-not-sent-closed = not sent: our side is closed ({ $bytes ->
    [one] { $bytes } byte
   *[other] { $bytes } bytes
})
note-not-sent-gone = not sent: #{ $number } has gone ({ $bytes ->
    [one] { $bytes } byte
   *[other] { $bytes } bytes
})
note-cycle-gone = the cyclic send has stopped: #{ $number } has gone or cannot receive
note-refused = the system refused { $what }: { $error }
note-smaller = the system gave { $got } bytes of { $what } instead of { $asked }
note-events-lost = { $count ->
    [one] { $count } event was
   *[other] { $count } events were
} too many to tell
note-other-elf = { $file } is another build than the one that runs (its SHA-256 differs): lines may be wrong. Choose the ELF of the build that was flashed, or flash this one
note-capture-deleted = the capture's file was deleted by another program, and what stood in it is gone: { $path }
note-capture-truncated = the capture's file was cut or overwritten by another program, and some of what stood in it is gone: { $path }
note-capture-replaced = the capture's file was replaced by another program, and what stood in it is gone: { $path }
note-capture-not-synced = the disk does not confirm what was written to { $path }: { $error }
note-capture-torn = { $bytes } bytes of a record that was never finished were cut from the end of { $path }
note-capture-no-segment = the capture goes on in the same file, because no new one can be made: { $error }
note-events-not-kept = { $count } events were not kept, because the capture could not be written
note-clock-back = the clock of this computer was set back by { $span }: times go on from where they were
note-clock-ahead = the clock of this computer went ahead by { $span }: it was set, or the computer slept

told-capture-renamed = The capture is called {$name}
told-capture-deleted = Deleted {$bytes} bytes of history
told-capture-kept = The capture stays: {$error}
told-capture-unread = The capture cannot be read: {$error}
told-import-cancelled = Cancelled: nothing of {$path} is kept
told-taken-over = {$count} sessions of a window that is closed came back here
told-save-cancelled = Cancelled: {$path} was not saved
note-capture-taken = another window or program writes the history of this session: a new one begins here
told-ended-badly = The last run did not end in order; all sessions and their history are here
notice-noise = What comes is no text at this speed. Try 74880 baud (the ROM of a chip with a 26 MHz crystal speaks at that), 115200, or what the program sets
notice-empty = The ROM finds nothing in flash where the bootloader belongs: the flash is empty, or the program was written to the wrong address. Flash the board. If it was flashed already, something disturbs the flash chip (GPIO12 high at reset on the classic ESP32, a wrong flash mode, the supply)
notice-flash-dead = The chip cannot read its flash: the flash mode or speed does not fit the board (try DIO at 40 MHz), something else is connected to the flash pins, or the supply is too weak
notice-no-image = What is in flash where the bootloader belongs is no program: flash the board, bootloader included. On a board with flash encryption it must be written encrypted
notice-csum = The bootloader in flash is damaged (its checksum is wrong): flash the board again; if that does not help, flash at a lower speed and check the supply
notice-signature = Secure boot refuses this program: it is not signed with the key that the chip was locked to. Sign it with that key; without it the board cannot run another program
notice-table-beyond = The partition table is for a larger flash than this board has: build with the right flash size and a table that fits, or use a board with more flash. Flashing the same again cannot help
notice-flash-smaller = The program was built for a larger flash than this board has: build it with the right flash size (CONFIG_ESPTOOLPY_FLASHSIZE), or flash with --flash-size detect
notice-revision-new = This chip is newer than the program was built for: build it with a newer ESP-IDF, or raise the highest chip revision it allows
notice-revision-old = This chip is older than the program was built for: build it for this revision (CONFIG_ESP32…_REV_MIN; ESP_HAL_CONFIG_MIN_CHIP_REVISION with esp-hal), or use a newer chip. Flashing the same again cannot help
notice-wrong-chip = The program in flash is for another chip: flash one that was built for this chip
notice-too-long = The program is larger than its partition, and its end is cut off: build with a partition table that has a larger one, and flash the table, too
notice-broken = The program in flash is damaged: flash the board again
notice-no-program = There is no program where the partition table says: flash the program, to the address that the table has for it
notice-ota = No update slot holds a valid program, and there is no factory program to fall back to: flash the program into the first slot (ota_0), and erase otadata
notice-table-broken = The partition table is missing, damaged, or not where the bootloader looks for it (0x8000, unless it was built for another place): flash the table
notice-psram = The program wants external memory (PSRAM), and none answers: the module has none, or one of another kind (quad or octal). Build without it, or with the right kind
notice-octal-flash = The program was built for octal flash (OPI), and this module has none: build it for quad flash (QIO or DIO; PlatformIO: board_build.arduino.memory_type = qio_opi or qio_qspi)
notice-brown-out = The supply voltage sank too low (brown-out): use a shorter or better USB cable, another port, or a stronger supply
notice-crystal = The program was built for a crystal of another frequency than this board has: text comes at a wrong speed. Build it for this crystal (26 or 40 MHz), or try 74880 baud
notice-no-bootloader = There is no bootloader in flash: flash the whole program, not its application alone
notice-no-table = The bootloader cannot use the partition table: flash the table and the program
notice-not-bootable = The bootloader finds no program that it could start: flash the board
notice-table-sizes = The partition table has a partition of a size that cannot be (an otadata of less than 8 KiB, or a program of more than 16 MB): correct the table, and flash it
notice-cpu-frequency = The program was built for a CPU frequency that this chip does not have: build it with a lower one (CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ)
notice-rom-crash = The chip crashed before its program began: the bootloader is for another chip or damaged, or flash mode and speed do not fit the board. Flash the whole program for this chip again
notice-user-code-done = What was started ended at once: it is no program for this chip. Flash the whole program, bootloader included
told-does-not-start = All was written, but the board does not start it: { $line }
told-starts-over = All was written, but the board starts over and over
notice-download = The loader listens: the board can be flashed now. Press RST (EN) without BOOT to start the program
told-imported = Packets read of {$path}: {$packets}, streams: {$streams}
told-imported-partly = Packets read of {$path}: {$packets}, streams: {$streams}; packets not shown (fragments, unknown links, too many streams): {$others}; bytes missing in the streams: {$missing}
told-missing = { $file } is missing
told-not-built = { $folder } is a project of { $tool } that was not built yet
hint-build-first = Build it first: { $command }
hint-fetch-files = Fetch the files that it names, to where it says.
told-no-build = { $folder } holds nothing that could be flashed
hint-no-build = Choose the folder that the build tool wrote to: ESP-IDF's build (flasher_args.json), Arduino's export (.ino.bin), PlatformIO's .pio/build/ENV, or a file: an ELF, a .bin, flash_args, or manifest.json of ESP Web Tools.
told-no-build-file = { $file } does not tell what goes where: { $why }
told-several-builds = { $folder } holds { $count } builds
hint-several-builds = Choose one: { $folders }
told-remote-part = { $file } names { $part }, which is not on this computer
hint-download-part = Download it, and put it beside the manifest.
told-unknown-family = { $file } is for { $chip }, which cannot be flashed from here
hint-other-folder = Choose another folder.
told-exported = The firmware for { $count } chips is in { $folder }, with flash_args and manifest.json
told-region-empty = { $region } has no bytes
hint-check-region = Check the addresses of the region.
told-region-beyond = { $region } ends at { $end }, beyond the { $size } KiB of flash
told-region-sectors = { $region } cannot be erased alone: flash is erased by sectors of 4 KiB
hint-region-sectors = The sectors that it lies in are { $region }; what else they hold is erased with it.
told-partitions-named = The board has several partitions { $name }
hint-region-addresses = Name the region by its addresses: START+SIZE.
told-no-partition-named = The board has no partition { $name }
hint-partition-names = There are: { $names }
told-board-without-table = The board has no partition table
hint-board-without-table = Flash a program first, or name the region by its addresses: START+SIZE.
told-no-table-at = The board has no partition table at { $address }
hint-table-at = Leave the address out to have it looked for.
told-file-exists = { $file } is there already
hint-file-exists = Choose another name, or have it replaced (--force).
told-no-plain-file = { $file } is there already and no plain file
hint-other-name = Choose another name.
told-erased-halfway = Cancelled: { $region } is erased in part
hint-erased-halfway = The loader still runs: erase or flash it, now or later.
told-not-erased = { $region } is not empty after erasing
hint-not-erased = Erase it again. If that does not help: check the supply; the flash chip may be write-protected or worn out.
told-erase-guarded = This { $chip } has flash encryption or secure boot: what is erased may be lost for ever, and is not erased from here
hint-erase-guarded = Whoever holds the keys uses esptool with --force.
told-table-encrypted = The flash of this { $chip } is encrypted: its partition table cannot be read
note-reading-flash = The flash is read: the line belongs to the loader until that ends
note-erasing-flash = { $region } is erased: the line belongs to the loader until that ends
note-comparing-flash = The flash is compared: the line belongs to the loader until that ends
note-uncompared = Comparing did not end well:
note-compared = Comparing ended well
note-flash-unread = The flash was not read:
note-unerased = Erasing did not end well:
note-flash-read = The flash was read
note-erased = Erasing ended well
told-went-away-task = The board went away in the middle of it
hint-went-away-task = Plug it in again (another cable or port if it happens again), then try again.
hint-link-breaks-task = Use a shorter cable or another USB port, leave out hubs, and disconnect what else hangs on the board; then try again.
note-list-no-answer = the send list has stopped: no answer to "{ $entry }" in time
note-list-unsendable = the send list has stopped at "{ $entry }": { $why }
note-list-gone = the send list has stopped before "{ $entry }": { $why }
note-no-list = the send list does not run: { $error }
note-no-rules = the rules do not work: { $error }
note-rule-sends = rule "{ $rule }" sends { $bytes } bytes
note-rule-unsent = rule "{ $rule }" could not send: { $why }
note-rule-notice = rule: { $text }
note-rule-stops-list = rule "{ $rule }" stops the send list
note-rule-ends = rule "{ $rule }" ends the session
note-rule-no-group = rule "{ $rule }" runs nothing: the send list has no group "{ $group }"
note-rule-runs-list = rule "{ $rule }" runs "{ $group }" of the send list
note-rule-tripped = rule "{ $rule }" is switched off: it matched more than { $rate } times a second, as rules do that answer each other
note-rule-tripped-all = rule "{ $rule }" is switched off: all rules together matched more than { $rate } times a second
note-rules-failed = the rules do nothing any more: the program failed in them ({ $why }); switch one off and on to have them begin anew
note-rules-full = too much waits to be done by rules: what they do meanwhile is left out and counted
note-terminal-answer = by the terminal, asked by the other side: { $bytes }
note-terminal-unsent = the answer of the terminal was not sent: too much waits already
note-terminal-too-often = the other side asks the terminal too often: it answers no more within this second
note-typing-stopped = pasting was stopped behind { $sent } of { $count } pieces
note-typing-given-up = only { $sent } of { $count } pasted pieces were sent: { $why }
import-more = { $count } more are not listed here
import-skipped = not taken: { $entry }: { $why }
import-checksum = the list says that { $checksum } is put behind what is sent: every entry has it now
import-checksum-part = the list has a checksum ({ $checksum }) over a part of what is sent: it was not taken
import-no-hex = it is no hexadecimal: { $error }
import-targets = where each packet goes was not taken: a list is sent to the session beside it
import-answers = { $count } answers to what is received were not taken: they are rules, and imported among these
import-no-option = it does nothing, or what is not known here
import-no-sequence = what it sends is not there: { $index }
import-functions = it looks for functions (&, ! or ^), which are nothing that can be received
import-crc-index = its checksum is only a number, whose meaning depends on the program's version: choose the checksum anew
import-format = text format { $number } of it is not known here
import-no-number = { $text } cannot be read as bytes
import-wildcards = it has wildcards or functions, which are filled in when Docklight sends it
import-checksum-unknown = its checksum ({ $checksum }) has no like here: choose the checksum anew
export-sscom-more = SSCOM holds { $most } entries: the last { $count } are not in the file
export-sscom-unlike = not as it was: { $entry }: { $why }
export-sscom-characters = SSCOM writes GBK: characters that it lacks stand as numbers in the file
export-sscom-placeholders = SSCOM sends its placeholders as they are written
export-sscom-escapes = SSCOM sends its escapes as they are written
export-sscom-checksum = SSCOM sends it without its checksum
export-sscom-ending = SSCOM sends it with another line ending
export-sscom-answer = SSCOM waits for no answer
export-csv-more = CSV has no column for checksums, escapes, placeholders, encodings and answers: { $count } messages have some
export-sscom-repeat = SSCOM sends it once
export-sscom-lines = SSCOM has one line for it: its line breaks are spaces there
export-sscom-encoding = SSCOM sends it in GBK
import-affix = it has a prefix, a suffix or an escape that is not known here
told-variable-kept = { $name } is { $kept } here and stays so; the file has { $value }
setting-no-switch = { $key } is true or false
setting-no-number = { $key } is a number from { $least } to { $most }
setting-no-choice = { $key } is one of these words: { $words }
setting-no-level = { $key } is error, warn, info, debug, trace or off, or PART=LEVEL, separated by commas
setting-no-path = { $key } is a whole path from the root on, or empty
setting-no-encoding = { $key } is the name of an encoding, such as UTF-8 or GBK; { $value } is none
told-passed-over = { $path }, line { $line }: { $error }; { $entry } is passed over
told-font-not-fixed = { $path } is no font of fixed width
told-no-font = { $path } is no font that can be used
note-log-file = the log goes into { $file }
note-log-file-trouble = the log file in { $folder } cannot be written: { $error }; it is tried again
note-log-file-again = the log file is written again
note-log-file-off = the log is written to no file any more
note-no-log-file = the log is not written to a file: { $error }
note-log-file-missing = -- { $bytes } bytes of the history are missing here: they were let go before they could be written
told-log-file = the log is in { $file }
told-log-file-cut = the log could not be written to its end: { $folder }: { $error }
told-folder-unopened = { $folder } cannot be shown: { $opener }: { $error }
told-page-unopened = No browser shows { $page }: { $opener }: { $error }

# Relays and faults.
fault-latency = fault ({ $way }): latency { $latency } ms, jitter { $jitter } ms
fault-rate = fault ({ $way }): rate limited to { $rate } bytes a second
fault-slicer = fault ({ $way }): slicer, pieces of { $size } bytes on average
fault-coalesce = fault ({ $way }): coalesce, held until { $size } bytes or { $time } ms
fault-corrupted = fault ({ $way }): corrupted byte { $place }: { $was } became { $is }
fault-more-corrupted = fault ({ $way }): { $count } more bytes were corrupted
fault-limit-data = fault ({ $way }): closed (FIN) after { $bytes } bytes
fault-reset-after = fault ({ $way }): reset (RST) after { $bytes } bytes
fault-silence-after = fault ({ $way }): silent after { $bytes } bytes: nothing more arrives, and nobody is told
fault-slow-close = fault ({ $way }): slow close, FIN is held back for { $time } ms
fault-blocked = fault ({ $way }): nothing passes (timeout)
fault-timeout = fault ({ $way }): closed after { $time } ms in which nothing passed (timeout)
fault-reset-peer = fault ({ $way }): reset (RST) after { $time } ms
fault-stop-reading = fault ({ $way }): nothing is read, so the window closes
fault-refuse = fault: each new client is reset (refuse)
fault-accept-delay = fault: { $client } waits for { $time } ms before it is served (delayed accept)
bridge-begun = bridged with { $session }: what is received here is sent there, and the other way round
bridge-ended = the bridge with { $session } is ended
bridge-left = the bridge with { $session } is over: that session is closed
bridge-circle = the bridge with { $session } is ended: these two talk with each other, themselves or over others, and what one receives would go around without end
bridge-nobody = nobody is there to get it at the other end of the bridge: what is received here is not passed on, until somebody is
bridge-again = what is received here is sent there again; { $bytes } bytes were not
bridge-missed = { $bytes } bytes did not go over the bridge: they came faster than they are taken there
bridge-lost = { $bytes } bytes that were received here did not go over the bridge before its end
bridge-fin-of-one = its FIN does not go over the bridge: others of this session still send there
bridge-fin-port = its FIN does not go over the bridge: a serial port at the other end has no such thing
bridge-fin-nobody = its FIN does not go over the bridge: nobody is there at the other end
bridge-fin-datagrams = its FIN does not go over the bridge: datagrams at the other end have no such thing
bridge-fin-several = its FIN does not go over the bridge: several are connected at the other end, or files go there
fault-reads-nothing = fault: nothing is read from here on, so the window of the other end closes (stop reading)
fault-reads-again = is read again
fault-reads-slowly = fault: at most { $rate } bytes a second are read (slow reader)
fault-reads-fast = is read as fast as it sends again
relay-to-itself = the relay would forward to itself: its target is where it listens, { $address }
relay-circle = this client is the relay's own connection to its target: relays that forward in a circle, so it is reset
relay-carries = carries on #{ $number }
relay-refused = the target { $target } refused: nobody listens there, so the client is reset
relay-timed-out = the target { $target } did not answer in time, so the client is reset
relay-no-name = the name of the target { $target } has no address, so the client is reset
relay-not-reached = the target { $target } was not reached, so the client is reset: { $error }
relay-not-secured = TLS with the target { $target } came to nothing, so the client is reset: { $error }
relay-lost = { $bytes } bytes that it had sent were not passed on when it ended
relay-backlog-full = the other side is away, and { $limit } KiB that the port has said wait for it: the oldest are dropped from here on
relay-backlog-lost = { $bytes } bytes that the port had said were dropped while the other side was away
relay-backlog-rest = { $bytes } bytes that the port had said did not reach the other side
relay-port-refuses = the port did not do it: { $why }
relay-port-refuses-often = the port did not do what it was asked, { $count } times: { $why }
relay-other-baud = the port at the other end has { $has } baud, and not { $asked }
relay-port-stuck = { $bytes } bytes that it had sent did not go into the port, which takes nothing
relay-port-unsent = { $bytes } bytes that it had sent were not in the port when it ended
relay-by-hand = { $bytes } bytes are sent from here, and were not relayed
load-wrong-byte = the check pattern is wrong from byte { $place } on (counted from 0)
load-no-group = the send list has no group "{ $name }"
load-no-messages = the load test has no messages to send: the send list is empty, or none of its messages takes part in runs
load-unsendable = the message "{ $entry }" cannot be sent: { $why }
load-no-answer = no answer in time: its messages end here
load-message-unsendable = a message cannot be sent: { $why }
load-kept = bytes of the first { $count } of { $clients } clients are kept in this log; of the others it has what happens to them, and their bytes are counted
load-few-files = { $clients } clients are asked for, and this program may have { $most } connections: raise its limit of open files (ulimit -n), or load with fewer clients
load-no-files = this program may open no more connections: raise its limit of open files (ulimit -n), or load with fewer clients
load-no-ports = this computer has no port left for another connection to { $target }: load with fewer clients, or wait a minute or two until ports of closed connections are free again (TIME_WAIT)
load-outside = { $address } is outside of this computer and of private networks: a load test goes there only when you say so
load-reset-rest = { $count } connections did not close within { $seconds } s: they are reset
load-over = the load test is over: { $reached } of { $clients } clients were connected; attempts refused: { $refused }, timed out: { $timed_out }, failed: { $failed }; errors: { $errors }
load-over-tls = the load test is over: { $reached } of { $clients } clients were connected; attempts refused: { $refused }, timed out: { $timed_out }, TLS failed: { $tls_failed }, failed otherwise: { $failed }; errors: { $errors }
load-unheard = the other end has not acknowledged our end (FIN): it takes nothing, or is not reached any more
update-no-address = { $host } has no address
update-not-listening = nobody takes updates at { $address }: the board's firmware is too old, or this is another computer
update-not-reached = the board cannot be reached at { $address }: { $error }
update-other-program = what answers at { $address } is no board of ours
update-cut = the connection to the board broke; it runs its program as before, try again
update-rolled-back = the new program did not come up: the board has returned to the one before
update-not-seen-again = all of the new program was sent, and the board was not seen to run it since; look at its console
update-cancelled = cancelled; the board runs its program as before
update-locked = the board takes no update: say `ota allow` on its console, or set a token there by `ota token`
update-token = the board has another token; say `ota allow` on its console to do without
update-one-slot = the board has room for one program only: flash it over the cable; where it has 4 MB of flash, that makes two
update-trial = the board's program is itself new and not confirmed yet; try again in some minutes
update-busy = the board is busy; try again in some seconds
update-too-long = the program is too long for the board
update-no-image = this is no application image
update-wrong-chip = the image is for another chip
update-foreign = the image is another program, which could not confirm itself; flash it over the cable
update-damaged = the image is damaged
update-flash = the board's flash does not take the program
update-silent = the board has heard nothing for too long
update-refused = the board does not take the update
update-image-unreadable = { $path } cannot be read: { $error }
release-no-source = this build does not know where its releases are: the setting updates.url can name the place
release-garbled = the answer names no release: { $error }
release-status = { $host } tells of no release: it answers with { $status }
release-leads-on = { $host } leads on and on, and nowhere to
release-leads-away = { $host } leads on to what is not to be asked: that would have to be secured (https)
release-not-reached = { $host } cannot be asked for releases: { $error }
release-tls = { $host } cannot be asked for releases, because TLS failed: { $error }
release-timed-out = { $host } has not told of releases in time
release-too-long = the answer of { $host } has more than { $limit } KiB, as none about a release
setting-no-url = { $key } is an address that begins with https://, or empty
